"""Random numbers that are the same with and without XLA.

XLA turns the same random bits into other floats than TensorFlow's kernels do, and extends a negative
key in another way. So numbers are made from integers, with keys that are not negative.
"""

import math
from collections.abc import Sequence

from bench import Tensor, tf


def keys(key: Tensor, count: int) -> list[Tensor]:
    """Make stateless keys, int32 [2], one for each kind of number that a stage draws."""
    return [tf.random.experimental.stateless_fold_in(positive(key), i) for i in range(count)]


def uniform(key: Tensor, shape: Sequence[int] | Tensor) -> Tensor:
    """Draw float32 numbers in [0, 1), multiples of 2^-24."""
    bits = tf.random.stateless_uniform(shape, positive(key), None, None, tf.uint32)
    return tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24


def normal(key: Tensor, shape: Sequence[int]) -> Tensor:
    """Draw float32 numbers from the standard normal distribution, up to 5.9 on either side.

    Two of them come from two uniform ones (Box and Muller 1958).
    """
    count = math.prod(shape)
    first, second = tf.unstack(uniform(key, [2, (count + 1) // 2]))
    # Kept off 0, whose logarithm is infinite; a sum that rounds to 1 does no harm.
    radius = tf.sqrt(-2.0 * tf.math.log(first + 2.0**-25))
    angle = 2.0 * math.pi * second
    both = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
    return tf.reshape(both[:count], shape)


def whole(key: Tensor, shape: Sequence[int], below: int) -> Tensor:
    """Draw int32 numbers in [0, below)."""
    return tf.random.stateless_uniform(shape, positive(key), 0, below, tf.int32)


def positive(key: Tensor) -> Tensor:
    return tf.bitwise.bitwise_and(key, tf.constant(0x7FFFFFFF))
