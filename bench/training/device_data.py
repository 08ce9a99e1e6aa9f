"""A subset's arrays on the device, shared by all arms that a process trains on them."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from bench.core.strategy import Tensor
from bench.data.dataset import Split
from bench.data.load import Subset

CLEAN_TRAIN_EXAMPLES = 2_000
"""Size of the fixed subset on which clean training accuracy is measured."""


class Arrays(NamedTuple):
    """A split on the device."""

    values: Tensor
    labels: Tensor
    lengths: Tensor | None

    @classmethod
    def of(cls, split: Split) -> Arrays:
        lengths = None if split.lengths is None else tf.constant(split.lengths, tf.int32)
        return cls(tf.constant(split.values), tf.constant(split.labels, tf.int32), lengths)

    def mask(self, rows: Tensor) -> Tensor | None:
        """Boolean [B, T], true where the rows have a token; None for images."""
        if self.lengths is None:
            return None
        return tf.sequence_mask(tf.gather(self.lengths, rows), self.values.shape[1])


class DeviceData(NamedTuple):
    """What the arms of a task train and are evaluated on."""

    train: Arrays
    clean_train: Arrays
    validation: Arrays
    test: Arrays
    digest: str

    @classmethod
    def of(cls, subset: Subset) -> DeviceData:
        return cls(
            Arrays.of(subset.train),
            Arrays.of(subset.train.rows(0, CLEAN_TRAIN_EXAMPLES)),
            Arrays.of(subset.validation),
            Arrays.of(subset.test),
            subset.digest,
        )
