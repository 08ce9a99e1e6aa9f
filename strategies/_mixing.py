"""Pairs of examples: the common part of MixUp and CutMix."""

from typing import NamedTuple

from bench import Tensor, UsageError, tf

MIXED_TWICE = "each of them mixes every example; recipes draw one of them for a batch"
"""Reason not to stack two techniques that mix."""


class Pairs(NamedTuple):
    """The partner of each example, and the share that the example keeps of itself."""

    partners: Tensor
    """int32 [B], a permutation of the batch."""
    share: Tensor
    """float32 [B], lambda, in [0, 1]: 1 leaves the example as it is."""


def beta(key: Tensor, size: int, alpha: float) -> Tensor:
    """Draw numbers from Beta(alpha, alpha), float32 [size]; `key` is a stateless key, int32 [2].

    The ratio X / (X + Y) of two gammas with shape alpha has that distribution. The gammas are float64,
    where they do not underflow for alpha >= 0.05. XLA cannot draw gammas, so call this function outside
    the compiled step.
    """
    shape = tf.constant(alpha, tf.float64)
    gammas = tf.random.stateless_gamma([2, size], key, shape, dtype=tf.float64)
    return tf.cast(gammas[0] / (gammas[0] + gammas[1]), tf.float32)


def pairs(key: Tensor, size: int, alpha: float, per: str, prob: float | Tensor) -> Pairs:
    """Draw partners and shares for a batch of `size` examples.

    Args:
        key: stateless random key, int32 [2].
        size: number of examples, B.
        alpha: both parameters of the Beta distribution of the shares.
        per: "example" draws a share for each example, "batch" one for all of them.
        prob: probability that an example (the batch) is mixed at all; otherwise its share is 1.
    """
    ratio, mixing, order = (tf.random.experimental.stateless_fold_in(key, i) for i in range(3))
    count = 1 if per == "batch" else size
    mixed = tf.random.stateless_uniform([count], mixing) < prob
    share = tf.where(mixed, beta(ratio, count, alpha), 1.0)
    partners = tf.random.experimental.stateless_shuffle(tf.range(size), seed=order)
    return Pairs(partners, tf.broadcast_to(share, [size]))


def blend(values: Tensor, pairs: Pairs) -> Tensor:
    """Return lambda x + (1 - lambda) x_partner for values [B, ...] of a floating type."""
    if not values.dtype.is_floating:
        raise UsageError(
            f"mixing needs floating-point values and got {values.dtype.name}; cast them to float32"
        )
    shape = [-1] + [1] * (len(values.shape) - 1)
    share = tf.cast(tf.reshape(pairs.share, shape), values.dtype)
    return share * values + (1 - share) * tf.gather(values, pairs.partners)
