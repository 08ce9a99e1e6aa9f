"""Averages of the weights, evaluated in place of the trained ones: the common part of EMA and SWA."""

from typing import Any

from bench import Moment, Strategy, Tensor, Tensors, Update, Weights, fused, tf


def take_in(state: Tensors, values: Tensors, keep: Any, share: Any) -> None:
    """Move averages toward values, in place.

    The total becomes keep * total + share, and each average moves by share / total toward its value.
    So the averages are unbiased from the first value on, although they began at 0.

    Args:
        state: the total share that was taken in, then the averages, variables.
        values: one for each average.
        keep: float scalar, the part of the total that stays.
        share: float scalar, the weight of the values; 0 leaves the averages as they are.
    """
    total, *averages = state
    total.assign(keep * total + share)
    part = tf.math.divide_no_nan(tf.cast(share, tf.float32), total)
    for average, value in zip(averages, fused(between, averages, values, part), strict=True):
        average.assign(value)


def between(first: Tensors, second: Tensors, share: Tensor) -> list[Tensor]:
    """Return the values at a share of the way from the first to the second."""
    return [(1.0 - share) * a + share * b for a, b in zip(first, second, strict=True)]


class AveragedWeights(Strategy):
    """Base of the strategies that evaluate an average of the weights; training stays as it is."""

    def shares(self, moment: Moment) -> tuple[Any, Any]:
        """Return what the average keeps of its total after a step, and how much the step counts."""
        raise NotImplementedError

    def state(self, weights: Weights) -> list[Any]:
        averages = [tf.Variable(tf.zeros(w.shape), trainable=False) for w in weights.trainable]
        return [tf.Variable(0.0, trainable=False), *averages]

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        rest(gradients)
        take_in(state, weights.trainable, *self.shares(moment))

    def evaluated(self, weights: Weights, state: Tensors) -> list[Tensor]:
        """Return the averages; the weights themselves where nothing has been taken in yet."""
        total, *averages = state
        pairs = zip(averages, weights.trainable, strict=True)
        return [tf.where(total > 0.0, average, weight) for average, weight in pairs]
