"""What keeps float16 gradients from vanishing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf

from bench.core.strategy import Tensor


class LossScale:
    """Keeps float16 gradients from vanishing: a scale that halves on overflow; else nothing."""

    START, PATIENCE = 2.0**15, 2000

    def __init__(self, precision: str) -> None:
        self.active = precision == "mixed_float16"
        self.variables: list[tf.Variable] = []
        if self.active:
            self.variables = [
                tf.Variable(self.START, trainable=False),
                tf.Variable(0, dtype=tf.int32, trainable=False),
            ]

    def reset(self) -> None:
        for variable, start in zip(self.variables, (self.START, 0), strict=False):
            variable.assign(start)

    def up(self, loss: Tensor) -> Tensor:
        return loss * self.variables[0] if self.active else loss

    def down(self, gradients: list[Tensor]) -> list[Tensor]:
        return [g / self.variables[0] for g in gradients] if self.active else gradients

    def guarded(
        self, update: Callable[[Sequence[Tensor]], None]
    ) -> Callable[[Sequence[Tensor]], None]:
        """The update, left out where a gradient overflowed."""
        if not self.active:
            return update
        scale, calm = self.variables

        def apply(gradients: Sequence[Tensor]) -> Tensor:
            update(gradients)
            grown = calm + 1 >= self.PATIENCE
            scale.assign(tf.where(grown, scale * 2.0, scale))
            calm.assign(tf.where(grown, 0, calm + 1))
            return tf.constant(True)

        def skip() -> Tensor:
            scale.assign(tf.maximum(scale / 2.0, 1.0))
            calm.assign(0)
            return tf.constant(False)

        def update_if_finite(gradients: Sequence[Tensor]) -> None:
            finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(g)) for g in gradients])
            tf.cond(finite, lambda: apply(gradients), skip)

        return update_if_finite
