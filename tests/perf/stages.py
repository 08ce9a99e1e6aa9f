"""A batch stage or a loss by itself, many times in one call of a `tf.function`."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from bench.core.strategy import Batch, LossResult, Moment, Strategy, Tensor
from bench.timing.device import Device, timed

Stage = Callable[[Tensor, Batch, Tensor], tuple[Tensor, ...]]
"""(key, batch, logits) -> the results of the stage."""


class Repeated:
    """A stage applied again and again to one batch, as a step function to be timed."""

    def __init__(self, stage: Stage, batch: Batch, device: Device) -> None:
        logits = tf.random.stateless_normal(batch.targets.shape, [3, 4])

        def body(index: Tensor, total: Tensor) -> tuple[Tensor, Tensor]:
            made = stage(tf.stack([index, 7]), batch, logits)
            kept = [tf.cast(tf.reshape(part, [-1])[0], tf.float32) for part in made]
            return index + 1, total + tf.add_n(kept)

        @tf.function(autograph=False)
        def run(count: Tensor) -> Tensor:
            start = (tf.constant(0), tf.constant(0.0))
            return tf.while_loop(lambda i, _: i < count, body, start, parallel_iterations=1)[1]

        self.run, self.device = run, device

    def __call__(self, count: int) -> float:
        """Apply the stage `count` times and return the seconds."""
        return timed(lambda: self.run(tf.constant(count)), self.device)


def moment_of(strategy: Strategy, key: Tensor, size: int) -> Moment:
    """Return a moment in the middle of training, with the draws of the strategy."""
    drawn = strategy.draw(key, size) if strategy.touches("draw") else None
    return Moment(key, key[0], tf.constant(0.5), tf.constant(1e-3), drawn)


def batch_stage(strategy: Strategy, features: Batch) -> Stage:
    """Return the strategy's examples stage on the batch, and its features stage on `features`."""

    def stage(key: Tensor, batch: Batch, logits: Tensor) -> tuple[Tensor, ...]:
        moment = moment_of(strategy, key, batch.values.shape[0])
        made: list[Tensor] = []
        if strategy.touches("examples"):
            changed = strategy.examples(batch, moment)
            made += [changed.values, changed.targets]
        if strategy.touches("features"):
            changed = strategy.features(features, moment)
            made += [changed.values, changed.targets]
        return tuple(made)

    return stage


def loss_stage(strategy: Strategy) -> Stage:
    """Return the strategy's loss of ready-made logits."""

    def stage(key: Tensor, batch: Batch, logits: Tensor) -> tuple[Tensor, ...]:
        def rest(changed: Batch) -> LossResult:
            losses = tf.nn.softmax_cross_entropy_with_logits(changed.targets, logits)
            return LossResult(losses, logits, changed.targets)

        moment = moment_of(strategy, key, batch.values.shape[0])
        return (strategy.loss(batch, moment, rest).losses,)

    return stage
