"""The compiled training of an arm as a step function, which the protocol times."""

from __future__ import annotations

import tensorflow as tf

from bench.core.errors import BenchError
from bench.core.strategy import Tensor
from bench.timing.device import Device, timed
from bench.training.compiled_arm import CompiledArm

INPUT_BLOCKS = 5
"""Epochs of the input pipeline that are timed."""


class Stepper:
    """A step function that trains an arm with the compiled function of a trial.

    After the recipe's last step it continues at step 0 of the schedule, with the current weights.

    Attributes:
        first_step_seconds: seconds of the first step, trace and compilation included.
    """

    def __init__(self, arm: CompiledArm, device: Device) -> None:
        self.arm, self.device = arm, device
        self.position = 0
        self.first_step_seconds = self(1)

    def reset(self, seed: int, streams: int) -> None:
        """Return to the initial weights of a seed, and to step 0."""
        self.arm.reset(seed, streams)
        self.position = 0

    def __call__(self, count: int) -> float:
        """Run the next `count` steps and return their seconds.

        Raises:
            BenchError: the objective was not finite, so that some steps were not run.
        """
        calls: list[tuple[int, Tensor]] = []

        def run() -> Tensor:
            remaining = count
            while remaining:
                some = min(remaining, self.arm.recipe.steps - self.position)
                first = tf.constant(self.position)
                total, trained, _ = self.arm.train_steps(first, tf.constant(some))
                calls.append((some, trained))
                self.position = (self.position + some) % self.arm.recipe.steps
                remaining -= some
            return total

        seconds = timed(run, self.device)
        if any(int(trained) != some for some, trained in calls):
            raise BenchError("the objective is not finite: steps that train nothing are not timed")
        return seconds


def input_ms(arm: CompiledArm, device: Device) -> float:
    """Return milliseconds a step of the input pipeline alone (shuffle, gather, decode), a median."""
    steps = arm.steps_an_epoch
    size = arm.recipe.batch_size

    def body(step: Tensor, order: Tensor, total: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch = arm.batch(tf.slice(order, [step * size], [size]))
        part = tf.reshape(batch.values, [-1])[0], tf.reshape(batch.targets, [-1])[0]
        return step + 1, order, total + sum(tf.cast(value, tf.float32) for value in part)

    @tf.function(autograph=False)
    def epoch() -> Tensor:
        """Make the batches of an epoch; keep one number of each."""
        start = (tf.constant(0), arm.order(tf.constant(0)), tf.constant(0.0))
        return tf.while_loop(lambda step, *_: step < steps, body, start, parallel_iterations=1)[2]

    epoch()
    seconds = sorted(timed(epoch, device) for _ in range(INPUT_BLOCKS))
    return 1000 * seconds[INPUT_BLOCKS // 2] / steps
