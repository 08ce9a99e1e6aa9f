"""An arm as compiled functions: traced once, its weights reset between seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from bench.core.randomness import integer, isolated_python_random, stream
from bench.core.recipe import Recipe
from bench.core.strategy import (
    Batch,
    Gradients,
    Loss,
    LossResult,
    Moment,
    Schedule,
    Strategy,
    Tensor,
    Weights,
    ordered,
)
from bench.networks.network import Network, Pass
from bench.networks.parts import Parts
from bench.tasks.task import Task
from bench.training.device_data import Arrays, DeviceData
from bench.training.loss_scale import LossScale
from bench.training.schedule import learning_rate

EVALUATION_BATCH = 500


class Settings(NamedTuple):
    """What changes how a step is computed and is no part of the recipe."""

    precision: str = "float32"
    """`float32`, `mixed_bfloat16` or `mixed_float16` (with a dynamic loss scale)."""
    xla: bool = False


def raw(values: Tensor) -> Tensor:
    """Stored values as the examples stage sees them: pixels as float32 in [0, 1], token ids."""
    return tf.cast(values, tf.float32) / 255.0 if values.dtype == tf.uint8 else values


def adjustable(strategy: Strategy) -> Strategy:
    """The strategy with the parameters that its identity setting names as float32 variables.

    So its identity setting runs through the very operations of its default one.
    """
    identity = strategy.facts.identity
    if isinstance(identity, str):
        return strategy
    values = {
        name: tf.Variable(float(getattr(strategy, name)), trainable=False) for name in identity
    }
    return dataclasses.replace(strategy, **values)


class CompiledArm:
    """A network, an optimizer and the strategies around them, as compiled functions.

    Args:
        task: gives the network.
        strategies: those of the arm; composed by rank, then name.
        recipe: the arm's recipe.
        settings: precision and XLA.
        data: what to train and evaluate on.
    """

    def __init__(
        self,
        task: Task,
        strategies: Sequence[Strategy],
        recipe: Recipe,
        settings: Settings,
        data: DeviceData,
    ) -> None:
        self.task, self.recipe, self.settings = task, recipe, settings
        self.strategies = tuple(adjustable(s) for s in ordered(strategies))
        self.data = data
        self.classes = task.facts.classes
        self.steps_an_epoch = recipe.train_examples // recipe.batch_size
        self.network = self._build(seed=0)
        self.optimizer = keras.optimizers.Adam(learning_rate=recipe.learning_rate)
        self.optimizer.build(self.network.trainable_variables)
        self._optimizer_start = [v.numpy() for v in self.optimizer.variables]
        self.weights = weights_of(self.network)
        self.states = [s.state(self.weights) for s in self.strategies]
        self._scale = LossScale(settings.precision)
        self.compiled_step = tf.function(
            self._step, autograph=False, jit_compile=settings.xla or None
        )
        self.train_steps = tf.function(self._train_steps, autograph=False)
        self._observe = tf.function(self._observe_rows, autograph=False)
        self._logits = tf.function(self._evaluate, autograph=False, reduce_retracing=True)
        self.seed = tf.Variable(0, dtype=tf.int32, trainable=False)

    # Building and resetting ----------------------------------------------------------------------

    def _build(self, seed: int) -> Network:
        parts = Parts(self.strategies, seed, self.settings.precision)
        sample = Arrays(*(None if a is None else a[:2] for a in self.data.train))
        flow = Pass(self.strategies, sample.mask(tf.range(2)))
        with isolated_python_random(seed):  # Keras asks it for a seed even where it is given one
            network = self.task.network(self.recipe, parts)
            network(network.embed(raw(sample.values)), flow=flow)
        # By name: Keras calls a network twice to build it.
        self._hidden_slots = len(set(flow.hidden_seen))
        return network

    def reset(self, seed: int, streams: int = 0) -> None:
        """Start over as a fresh process would for this seed; nothing is traced again.

        Args:
            seed: of the initial weights, and of all else where `streams` is 0.
            streams: another number gives other order, augmentation and noise (the A/A arm).
        """
        fresh = self._build(seed)
        for old, new in zip(self.network.variables, fresh.variables, strict=True):
            old.assign(new)
        for variable, start in zip(self.optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(start)
        for strategy, state in zip(self.strategies, self.states, strict=True):
            for old, new in zip(state, strategy.state(self.weights), strict=True):
                old.assign(new)
        self._scale.reset()
        self.seed.assign(integer(seed, "streams", streams) if streams else seed)

    def variables(self) -> list[tf.Variable]:
        """All that training changes, in a fixed order: what a checkpoint holds."""
        kept = [v.value for v in (*self.network.variables, *self.optimizer.variables)]
        return [*kept, *(v for state in self.states for v in state), *self._scale.variables]

    def initial_hashes(self) -> dict[str, str]:
        """A hash of every weight by slot name; call it right after `reset`."""
        return {
            variable.path.removeprefix(f"{self.network.name}/"): sha256(
                np.ascontiguousarray(variable.numpy()).tobytes()
            ).hexdigest()[:16]
            for variable in self.network.variables
            if "seed_generator" not in variable.path
        }

    # Training ------------------------------------------------------------------------------------

    def _train_steps(self, first: Tensor, count: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Steps `first` to `first + count - 1`, or until the objective is not finite.

        Returns:
            the sum of the objective over the steps done (float32), how many were done (int32),
            and a checksum of the row numbers of their batches, in order (int64).
        """
        size = self.recipe.batch_size
        positions = tf.range(1, size + 1, dtype=tf.int64)
        last = tf.constant(0.0)

        def body(
            done: Tensor, order: Tensor, total: Tensor, _: Tensor, checksum: Tensor
        ) -> tuple[Tensor, ...]:
            step = first + done
            place = step % self.steps_an_epoch
            order = tf.cond(tf.equal(place, 0), lambda: self.order(step), lambda: order)
            rows = tf.slice(order, [place * size], [size])
            loss = self.compiled_step(rows, step, self.drawn(step))
            numbered = tf.reduce_sum(tf.cast(rows + 1, tf.int64) * positions)
            return done + 1, order, total + loss, loss, checksum * 1_000_003 + numbered

        done, _, total, _, checksum = tf.while_loop(
            lambda done, _order, _total, loss, _checksum: (done < count) & tf.math.is_finite(loss),
            body,
            (tf.constant(0), self.order(first), tf.constant(0.0), last, tf.constant(0, tf.int64)),
            parallel_iterations=1,
        )
        return total, done, checksum

    def order(self, step: Tensor) -> Tensor:
        """Row numbers int32 [train examples] in the order of the epoch that `step` belongs to."""
        rows = tf.range(self.recipe.train_examples)
        key = stream(self.seed, "batch order", step // self.steps_an_epoch)
        return tf.random.experimental.stateless_shuffle(rows, seed=key)

    def drawn(self, step: Tensor) -> dict[str, Any]:
        """What each strategy draws for a step outside its compiled part, by name."""
        drawing = [s for s in self.strategies if s.touches("draw")]
        return {
            s.facts.name: s.draw(
                stream(self.seed, f"draw/{s.facts.name}", step), self.recipe.batch_size
            )
            for s in drawing
        }

    def _step(self, rows: Tensor, step: Tensor, drawn: dict[str, Any]) -> Tensor:
        """One training step on the rows; returns its objective."""
        rate = self._rate(step)
        progress = tf.cast(step, tf.float32) / float(self.recipe.steps)

        def moment(strategy: Strategy, purpose: str, *positions: int) -> Moment:
            name = strategy.facts.name
            key = stream(self.seed, f"{purpose}/{name}", step, *positions)
            return Moment(key, step, progress, rate, drawn.get(name))

        batch = self.batch(rows)
        for strategy in self._touching("examples"):
            batch = strategy.examples(batch, moment(strategy, "examples"))

        def differentiate() -> Gradients:
            passes = iter(range(1_000))

            def run(features: Batch) -> LossResult:
                number = next(passes)
                key = tf.stack(
                    [
                        self.seed,
                        tf.random.experimental.stateless_fold_in(
                            stream(self.seed, "network", step), number
                        )[0],
                    ]
                )
                flow = Pass(
                    self.strategies, features.mask, features.targets,
                    training=True, key=key,
                    moment_of=lambda strategy, purpose: moment(strategy, purpose, number),
                    hidden_slots=self._hidden_slots,
                )  # fmt: skip
                logits = tf.cast(self.network(features.values, flow=flow), tf.float32)
                losses = tf.nn.softmax_cross_entropy_with_logits(flow.targets, logits)
                return LossResult(losses, logits, flow.targets)

            chain: Loss = run
            for strategy in reversed(self._touching("loss")):
                chain = partial(_wrapped_loss, strategy, moment(strategy, "loss"), chain)
            with tf.GradientTape() as tape:
                embeddings = self.network.embed(batch.values)
                for strategy in self._touching("embedded"):
                    now = moment(strategy, "embedded")
                    embeddings = strategy.embedded(batch.values, embeddings, now)
                features = batch._replace(values=embeddings)
                for strategy in self._touching("features"):
                    features = strategy.features(features, moment(strategy, "features"))
                loss = tf.reduce_mean(chain(features).losses)
                scaled = self._scale.up(loss)
            gradients = tape.gradient(scaled, list(self.weights.trainable))
            return Gradients(loss, self._scale.down([dense(g) for g in gradients]))

        compute: Callable[[], Gradients] = differentiate
        for strategy in reversed(self._touching("gradients")):
            compute = partial(
                strategy.gradients, self.weights, moment(strategy, "gradients"), compute
            )
        loss, gradients = compute()
        self.optimizer.learning_rate.assign(rate)
        update = self._scale.guarded(self._apply)
        for strategy, state in reversed(list(zip(self.strategies, self.states, strict=True))):
            if strategy.touches("update"):
                update = partial(
                    _wrapped_update,
                    strategy,
                    self.weights,
                    state,
                    moment(strategy, "update"),
                    update,
                )
        update(gradients)
        return loss

    def _rate(self, step: Tensor) -> Tensor:
        rate: Schedule = partial(learning_rate, self.recipe)
        for strategy in reversed(self._touching("schedule")):
            rate = partial(strategy.schedule, steps=self.recipe.steps, rest=rate)
        return rate(step)

    def batch(self, rows: Tensor) -> Batch:
        """The raw batch of some rows, int32 [B]."""
        data = self.data.train
        targets = tf.one_hot(tf.gather(data.labels, rows), self.classes)
        return Batch(raw(tf.gather(data.values, rows)), data.mask(rows), targets)

    def _apply(self, gradients: Sequence[Tensor]) -> None:
        self.optimizer.apply_gradients(
            zip(gradients, self.network.trainable_variables, strict=True)
        )

    def _touching(self, stage: str) -> list[Strategy]:
        return [s for s in self.strategies if s.touches(stage)]

    # Evaluation ----------------------------------------------------------------------------------

    def _evaluate(self, values: Tensor, mask: Tensor | None) -> Tensor:
        flow = Pass(self.strategies, mask)
        return tf.cast(self.network(self.network.embed(raw(values)), flow=flow), tf.float32)

    def recalibrate(self, batches: int) -> None:
        """Estimate the moving statistics anew for the weights as they are.

        Each becomes the plain mean of a batch's statistic over the first training batches in stored
        order. A moving average with momentum m turns 0 into (1 - m) x and 1 into m + (1 - m) x, which
        gives m, and so x, for whatever layer it belongs to.
        """
        state, size = self.weights.state, self.recipe.batch_size

        def observed(index: int, start: float) -> list[Tensor]:
            for variable in state:
                variable.assign(tf.fill(variable.shape, tf.cast(start, variable.dtype)))
            rows = (index * size + tf.range(size)) % self.recipe.train_examples
            self._observe(rows)
            return [tf.identity(variable) for variable in state]

        seen = [observed(index, 0.0) for index in range(batches)]
        shifted = observed(0, 1.0)
        for variable, *values, one in zip(state, *seen, shifted, strict=True):
            momentum = one - values[0]
            variable.assign(tf.add_n(values) / batches / (1.0 - momentum))

    def _observe_rows(self, rows: Tensor) -> None:
        """A training-mode pass without any noise, for its effect on moving statistics."""
        batch = self.batch(rows)
        flow = Pass(self.strategies, batch.mask, training=True)
        self.network(self.network.embed(batch.values), flow=flow)

    def logits(self, data: Arrays) -> np.ndarray:
        """Logits [N, K] in evaluation mode, of the weights as they are."""
        parts = []
        for start in range(0, data.values.shape[0], EVALUATION_BATCH):
            rows = tf.range(start, min(start + EVALUATION_BATCH, data.values.shape[0]))
            parts.append(self._logits(tf.gather(data.values, rows), data.mask(rows)).numpy())
        return np.concatenate(parts)


def _wrapped_loss(strategy: Strategy, moment: Moment, rest: Loss, batch: Batch) -> LossResult:
    return strategy.loss(batch, moment, rest)


def _wrapped_update(
    strategy: Strategy,
    weights: Weights,
    state: Sequence[Any],
    moment: Moment,
    rest: Callable[[Sequence[Any]], None],
    gradients: Sequence[Any],
) -> None:
    strategy.update(weights, gradients, state, moment, rest)


def dense(gradient: Any) -> Tensor:
    """A gradient as a tensor: an embedding's comes as slices of rows."""
    return tf.convert_to_tensor(gradient)


def weights_of(network: Network) -> Weights:
    """A network's variables as strategies see them."""
    trainable = network.trainable_variables
    return Weights(
        trainable=[v.value for v in trainable],
        decayed=[len(v.shape) > 1 for v in trainable],
        tables=[v.name == "embeddings" for v in trainable],
        state=[v.value for v in network.non_trainable_variables if "seed_generator" not in v.path],
    )
