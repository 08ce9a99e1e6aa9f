"""Random numbers that are the same with and without XLA.

XLA turns the same random bits into other floats than TensorFlow's kernels do, and extends a negative
key in another way. So numbers are made from integers, under keys that are not negative.
"""

from collections.abc import Sequence

from bench import Tensor, tf


def keys(key: Tensor, count: int) -> list[Tensor]:
    """Make stateless keys, int32 [2], one for each kind of number that a stage draws."""
    return [tf.random.experimental.stateless_fold_in(positive(key), i) for i in range(count)]


def uniform(key: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """Draw float32 numbers in [0, 1), multiples of 2^-24."""
    bits = tf.random.stateless_uniform(shape, positive(key), None, None, tf.uint32)
    return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24


def whole(key: Tensor, shape: Sequence[int], below: int) -> Tensor:
    """Draw int32 numbers in [0, below)."""
    return tf.random.stateless_uniform(shape, positive(key), 0, below, tf.int32)


def positive(key: Tensor) -> Tensor:
    return tf.bitwise.bitwise_and(key, tf.constant(0x7FFFFFFF))
