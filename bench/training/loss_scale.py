"""A dynamic scale of the loss, for float16."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from bench.core.strategy import Tensor, Tensors, Update
from bench.training.variables import assign


class LossScale:
    """A scale that keeps float16 gradients from vanishing; other precisions have none.

    It doubles after `PATIENCE` steps without an overflow, and halves at each overflow.
    """

    START, PATIENCE = 2.0**15, 2000

    def __init__(self, precision: str) -> None:
        self.active = precision == "mixed_float16"
        self.variables: list[tf.Variable] = []
        if self.active:
            self.variables = [
                tf.Variable(self.START, trainable=False),
                # int64: TensorFlow keeps int32 variables in the host's memory.
                tf.Variable(0, dtype=tf.int64, trainable=False),
            ]

    def reset(self) -> None:
        """Return to the initial scale."""
        for variable, start in zip(self.variables, (self.START, 0), strict=False):
            variable.assign(start)

    def up(self, loss: Tensor) -> Tensor:
        """Scale a loss before it is differentiated."""
        return loss * self.variables[0] if self.active else loss

    def down(self, gradients: list[Tensor]) -> list[Tensor]:
        """Remove the scale from gradients."""
        return [g / self.variables[0] for g in gradients] if self.active else gradients

    def guarded(self, update: Update, state: Tensors) -> Update:
        """Return the update as a function that skips a step whose gradients overflow.

        Call it before the step's forward passes: in such a step the variables of `state`, which the
        passes change, get their present values back.
        """
        if not self.active:
            return update
        scale, calm = self.variables
        before = [tf.identity(variable) for variable in state]

        def apply(gradients: Sequence[Tensor]) -> Tensor:
            # Copies belong to the graph of this branch: Keras takes gradients of one graph only, and a
            # strategy may change some of them and not others.
            update([tf.identity(gradient) for gradient in gradients])
            grown = calm + 1 >= self.PATIENCE
            scale.assign(tf.where(grown, scale * 2.0, scale))
            calm.assign(tf.where(grown, tf.constant(0, tf.int64), calm + 1))
            return tf.constant(True)

        def skip() -> Tensor:
            assign(state, before)
            scale.assign(tf.maximum(scale / 2.0, 1.0))
            calm.assign(0)
            return tf.constant(False)

        def update_if_finite(gradients: Sequence[Tensor]) -> None:
            finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(g)) for g in gradients])
            tf.cond(finite, lambda: apply(gradients), skip)

        return update_if_finite
