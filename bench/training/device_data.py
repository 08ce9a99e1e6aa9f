"""A subset's arrays on the device, shared by all arms that a process trains on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.strategy import Tensor
from bench.data.dataset import Split
from bench.data.load import Subset

CLEAN_TRAIN_EXAMPLES = 2_000
"""Examples of the fixed subset for clean training accuracy."""


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

    def mask(self, rows: Tensor) -> Tensor | None:
        """Return booleans [B, T], true where the rows have a token; None for images."""
        if self.lengths is None:
            return None
        return tf.sequence_mask(tf.gather(self.lengths, rows), self.values.shape[1])


class DeviceData(NamedTuple):
    """The arrays on which the arms of a task train and are evaluated."""

    train: Arrays
    clean_train: Arrays
    validation: Arrays
    test: Arrays
    digest: str
    facts: Mapping[str, int | str] = {}
    """Changes of the data when it was loaded (`bench.data.checked`)."""

    @classmethod
    def of(cls, subset: Subset) -> DeviceData:
        """Copy a subset to the device."""
        return cls(
            Arrays.of(subset.train),
            Arrays.of(subset.train.rows(0, CLEAN_TRAIN_EXAMPLES)),
            Arrays.of(subset.validation),
            Arrays.of(subset.test),
            subset.digest,
            subset.facts,
        )
