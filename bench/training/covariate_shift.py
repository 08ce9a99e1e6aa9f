"""Internal covariate shift: the movement of activations' inputs between evaluations.

Ioffe and Szegedy (2015, 1502.03167, section 2 and figure 1) explain batch normalization by a smaller
shift; Santurkar et al. (2018, 1805.11604) doubt that it is smaller, and that it matters. The movement
itself is measured here: at each normalization slot, normalized or not, the distribution of every
channel over one fixed training batch, in training mode and without noise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.record import Evaluation
from bench.core.strategy import Tensor
from bench.networks.forward_pass import Pass
from bench.training.checkpoint import Checkpoint, Progress
from bench.training.compiled_arm import CompiledArm
from bench.training.trainer import Result, Trainer

EXAMPLES = 128
LEVELS = np.linspace(0.05, 0.95, 19)
"""Levels of the quantiles of a distribution; the tails beyond are a few pixels."""


class Distribution(NamedTuple):
    """Outputs of one slot over the fixed batch."""

    quantiles: np.ndarray
    """float32 [levels, channels]."""
    deviation: float
    """Root mean square, over channels, of the standard deviation within a channel."""


class SlotShift(NamedTuple):
    """Movement of one slot since the evaluation before."""

    step: int
    slot: int
    """Number of the slot in the order of the network, from 0."""
    shift: float
    """Wasserstein-1 distance, mean over channels, in deviations of the slot before."""


class ObservedPass(Pass):
    """A pass in training mode, without noise, that keeps the outputs of the normalization slots."""

    def __init__(self, arm: CompiledArm, mask: Tensor | None) -> None:
        super().__init__(arm.strategies, mask, training=True, kernels=arm.model.kernels)
        self.seen: list[Tensor] = []

    def normalize(self, layer: Any | None, values: Tensor) -> Tensor:
        values = super().normalize(layer, values)
        unmasked = values
        if self.mask is not None and len(values.shape) == 3:
            unmasked = tf.boolean_mask(values, self.mask)
        self.seen.append(tf.reshape(tf.cast(unmasked, tf.float32), [-1, values.shape[-1]]))
        return values


class Observer(Trainer):
    """A trainer with the same results, bit for bit, that watches the network at each evaluation."""

    def __init__(self, arm: CompiledArm) -> None:
        super().__init__(arm)
        self.shifts: list[SlotShift] = []
        self._before: list[Distribution] = []
        self._outputs = tf.function(self._pass, autograph=False)

    def run(self, seed: int, streams: int = 0, checkpoint: Checkpoint | None = None) -> Result:
        self.shifts, self._before = [], []
        return super().run(seed, streams, checkpoint)

    def traces(self) -> int:
        """Count the tracings of the watching pass."""
        return int(self._outputs.experimental_get_tracing_count())

    def _evaluation(self, progress: Progress) -> Evaluation:
        point = super()._evaluation(progress)
        # Last: the pass moves moving averages, which the caller puts back.
        now = [distribution(output.numpy()) for output in self._outputs()]
        for slot, (old, new) in enumerate(zip(self._before, now, strict=False)):
            self.shifts.append(SlotShift(progress.step, slot, distance(old, new)))
        self._before = now
        return point

    def _pass(self) -> list[Tensor]:
        batch = self.arm.batch(tf.range(min(EXAMPLES, self.arm.recipe.train_examples)))
        watch = ObservedPass(self.arm, batch.mask)
        self.arm.network(self.arm.network.embed(batch.values), flow=watch)
        return watch.seen


def distribution(values: np.ndarray) -> Distribution:
    """Summarize values [N, channels]."""
    deviation = float(np.sqrt(values.var(axis=0).mean()))
    return Distribution(np.quantile(values, LEVELS, axis=0), deviation)


def distance(before: Distribution, after: Distribution) -> float:
    """Return `SlotShift.shift`; NaN if the slot was constant."""
    moved = float(np.abs(after.quantiles - before.quantiles).mean())
    return moved / before.deviation if before.deviation > 0 else float("nan")
