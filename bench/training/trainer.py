"""One trial: an arm trained and evaluated with one seed."""

from __future__ import annotations

import time
from contextlib import nullcontext
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.recipe import Recipe, Statistics
from bench.core.record import Evaluation, Hashes, Scores
from bench.training.checkpoint import Checkpoint, Progress
from bench.training.compiled_arm import CompiledArm
from bench.training.evaluated_weights import evaluated_weights
from bench.training.predictions import PREDICTIONS, Predict
from bench.training.repeatability import watched_tracing
from bench.training.scores import Quality, quality, scores

CLEAN_TRAIN_EXAMPLES = 2_000
"""Training examples on which the clean training accuracy is measured."""
STRETCH = 250
"""Largest number of steps in one call of the compiled function."""


OTHER: dict[Statistics, Statistics] = {"recalibrated": "moving", "moving": "recalibrated"}


class Result(NamedTuple):
    """Measurements of one trial."""

    status: Literal["ok", "diverged"]
    hashes: Hashes
    curve: tuple[Evaluation, ...]
    steps: int
    final: Scores | None
    other_statistics: Scores | None
    """Scores with the statistics that the recipe does not name; None without moving statistics."""
    predictions: dict[str, Scores]
    """Scores of the recipe's further ways to predict, where they apply."""
    parameters: int
    trace_seconds: float
    train_seconds: float
    evaluation_seconds: float
    facts: dict[str, Any]


class Trainer:
    """Trials of a compiled arm, with one seed after another on the same arrays."""

    def __init__(self, arm: CompiledArm) -> None:
        self.arm = arm
        self.data = arm.data
        self._traced = False

    def run(self, seed: int, streams: int = 0, checkpoint: Checkpoint | None = None) -> Result:
        """Train and evaluate one trial; continue from its checkpoint, if it has one."""
        arm, recipe = self.arm, self.arm.recipe
        arm.reset(seed, streams)
        hashes = arm.initial_hashes()
        trace_seconds = self._trace()
        progress, best = Progress(), None
        if checkpoint is not None:
            progress, best = checkpoint.restore(arm.variables()) or (progress, best)
        evaluations = set(recipe.evaluation_steps())
        watching = [s for s in arm.strategies if s.touches("stopping")]
        diverged = False
        for boundary in (b for b in boundaries(recipe) if b > progress.step):
            progress, diverged = self._trained(progress, boundary)
            if diverged:
                break
            if boundary in evaluations:
                progress = self._evaluated(progress)
                decisions = [s.stopping(progress.curve) for s in watching]
                if any(decision.keep for decision in decisions):
                    progress = progress._replace(kept_step=progress.step)
                    with evaluated_weights(arm, "moving"):
                        best = [v.numpy().copy() for v in arm.network.variables]
                if any(decision.stop for decision in decisions):
                    break
            if checkpoint is not None:
                checkpoint.maybe_save(arm.variables(), best, progress)

        clock = time.perf_counter()
        final = None if diverged else self._scores(recipe.statistics, best)
        other_statistics = (
            self._scores(OTHER[recipe.statistics], best) if final and arm.averages else None
        )
        predictions = self._predictions(best) if final else {}
        seconds = progress.evaluation_seconds + time.perf_counter() - clock
        if checkpoint is not None:
            checkpoint.remove()
        return Result(
            status="ok" if final is not None else "diverged",
            hashes=Hashes(
                initial_weights=hashes,
                batch_order=sha256(str(progress.checksums).encode()).hexdigest()[:16],
                data=arm.draw.digest,
                pool=arm.draw.pool,
            ),
            curve=tuple(progress.curve),
            steps=progress.step,
            final=final,
            other_statistics=other_statistics,
            predictions=predictions,
            parameters=sum(int(np.prod(v.shape)) for v in arm.weights.trainable),
            trace_seconds=trace_seconds,
            train_seconds=progress.train_seconds,
            evaluation_seconds=seconds,
            facts=trial_facts(arm, progress),
        )

    def _trace(self) -> float:
        """Trace the training, if this is the first trial, and check it; return the seconds."""
        clock = time.perf_counter()
        with nullcontext() if self._traced else watched_tracing(self.arm):
            self.arm.train_steps(tf.constant(0), tf.constant(0))
            seconds = time.perf_counter() - clock
        self._traced = True
        return seconds

    def _trained(self, progress: Progress, boundary: int) -> tuple[Progress, bool]:
        """Train up to a step; return the progress, and True if the training diverged."""
        count = boundary - progress.step
        clock = time.perf_counter()
        first = tf.constant(progress.step)
        total, trained, checksum = self.arm.train_steps(first, tf.constant(count))
        loss, steps = float(total), int(trained)
        progress = progress.trained(steps, loss, int(checksum), time.perf_counter() - clock)
        return progress, steps < count or not np.isfinite(loss)

    def _evaluated(self, progress: Progress) -> Progress:
        """Evaluate the validation split."""
        clock = time.perf_counter()
        with evaluated_weights(self.arm, self.arm.recipe.statistics):
            point = self._evaluation(progress)
        return progress.evaluated(point, time.perf_counter() - clock)

    def _evaluation(self, progress: Progress) -> Evaluation:
        on_validation = self._quality(self.arm.draw.validation)
        return Evaluation(
            step=progress.step,
            examples=progress.step * self.arm.recipe.batch_size,
            train_loss=progress.loss_sum / progress.loss_steps,
            validation_accuracy=on_validation.accuracy,
            validation_nll=on_validation.nll,
        )

    def _quality(self, rows: np.ndarray) -> Quality:
        """Evaluate some examples of the pool."""
        pool = self.data.pool
        return quality(self.arm.logits(pool, rows), tf.gather(pool.labels, rows).numpy())

    def _scores(self, statistics: Statistics, best: list[np.ndarray] | None) -> Scores | None:
        """Evaluate the test split; None if the logits are not finite."""
        with evaluated_weights(self.arm, statistics, best):
            return self._scores_of(self.arm.logits)

    def _predictions(self, best: list[np.ndarray] | None) -> dict[str, Scores]:
        """Evaluate the test split in the recipe's further ways, where they apply."""
        if not self.arm.recipe.predictions:
            return {}
        with evaluated_weights(self.arm, self.arm.recipe.statistics, best):
            ways = {name: PREDICTIONS[name](self.arm) for name in self.arm.recipe.predictions}
            found = {name: self._scores_of(way) for name, way in ways.items() if way is not None}
        return {name: scores for name, scores in found.items() if scores is not None}

    def _scores_of(self, predict: Predict) -> Scores | None:
        """Evaluate the test split by one way to predict; None if the logits are not finite."""
        test, pool, draw = self.data.test, self.data.pool, self.arm.draw
        logits = predict(test, np.arange(test.values.shape[0]))
        if not np.isfinite(logits).all():
            return None
        validation, train = (
            quality(predict(pool, rows), tf.gather(pool.labels, rows).numpy())
            for rows in (draw.validation, draw.train[:CLEAN_TRAIN_EXAMPLES])
        )
        return scores(logits, test.labels.numpy(), validation, train.accuracy)


def trial_facts(arm: CompiledArm, progress: Progress) -> dict[str, Any]:
    """Collect what the trial and its strategies measured besides the scores."""
    facts: dict[str, Any] = {} if progress.kept_step is None else {"kept_step": progress.kept_step}
    for strategy, state in zip(arm.strategies, arm.states, strict=True):
        measured = strategy.measured(state).items()
        facts |= {f"{strategy.facts.name}.{name}": value for name, value in measured}
    return facts


def boundaries(recipe: Recipe) -> list[int]:
    """List the steps at which training returns to Python: evaluations, and a fixed grid between them.

    The grid does not depend on time, so a trial that was stopped and resumed adds up the same sums.
    """
    grid = range(STRETCH, recipe.steps, STRETCH)
    return sorted({*recipe.evaluation_steps(), *grid})
