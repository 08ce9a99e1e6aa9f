"""A subset's arrays on the device, shared by all arms that a process trains on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.strategy import Tensor
from bench.data.dataset import Split
from bench.data.selection import Draw, Subset


class Arrays(NamedTuple):
    """A split on the device.

    Whole numbers are int64: TensorFlow keeps int32 tensors in the host's memory, and would copy all
    token ids to a GPU at every step.
    """

    values: Tensor
    """Pixels uint8 or float32 [N, H, W, C], or token ids int64 [N, T]."""
    labels: Tensor
    """int64 [N]."""
    lengths: Tensor | None
    """Tokens of each text, int64 [N]; None for images."""

    @classmethod
    def of(cls, split: Split) -> Arrays:
        """Copy a split to the device."""
        values = split.values.astype(np.int64) if split.values.dtype == np.int32 else split.values
        lengths = None if split.lengths is None else tf.constant(split.lengths, tf.int64)
        return cls(tf.constant(values), tf.constant(split.labels, tf.int64), lengths)

    def take(self, rows: Tensor) -> Tensor:
        """Return the stored values of some rows, whole numbers [B]."""
        on_host = self.values.dtype == tf.uint8 and tf.config.list_physical_devices("GPU")
        return (_gather_compiled if on_host else tf.gather)(self.values, rows)

    def mask(self, rows: Tensor) -> Tensor | None:
        """Return booleans [B, T], true where the rows have a token; None for images."""
        if self.lengths is None:
            return None
        return tf.sequence_mask(tf.gather(self.lengths, rows), self.values.shape[1])


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def _gather_compiled(values: Tensor, rows: Tensor) -> Tensor:
    """Gather rows in one compiled kernel.

    TensorFlow has no kernel on a GPU that gathers bytes: it would copy all pixels to the host first.
    """
    return tf.gather(values, rows)


class DeviceData(NamedTuple):
    """The arrays on which the arms of a task train and are evaluated."""

    pool: Arrays
    """Training and validation examples."""
    test: Arrays
    draw: Callable[[int], Draw]
    """Seed of a trial -> its training and validation examples, as rows of the pool."""
    facts: Mapping[str, int | str] = {}
    """Changes of the data when it was loaded (`bench.data.checked`)."""

    @classmethod
    def of(cls, subset: Subset, resample: bool) -> DeviceData:
        """Copy a subset to the device.

        Args:
            subset: the examples.
            resample: true if each seed draws its own training and validation examples.
        """
        pool, test = Arrays.of(subset.pool), Arrays.of(subset.test)
        return cls(pool, test, drawing(subset, resample), subset.facts)


def drawing(subset: Subset, resample: bool) -> Callable[[int], Draw]:
    """Return a function from a seed to its draw, which may be the same for all seeds."""
    return subset.drawn if resample else lambda _: subset.fixed()
