"""The stages that change a batch before the network sees it."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from bench.core.stage_checks import kept, kept_batch
from bench.core.strategy import Batch, Strategy, Tensor
from bench.networks.network import Network
from bench.training.moments import Moments


def raw(values: Tensor) -> Tensor:
    """Return stored values as the examples stage sees them.

    Pixels become float32 in [0, 1]. Token ids become int32; they are stored as int64 because
    TensorFlow keeps int32 tensors in the host's memory.
    """
    if values.dtype == tf.uint8:
        return tf.cast(values, tf.float32) / 255.0
    return tf.cast(values, tf.int32) if values.dtype == tf.int64 else values


def after_examples(strategies: Sequence[Strategy], batch: Batch, moments: Moments) -> Batch:
    """Return the raw batch after the `examples` stages."""
    for strategy in strategies:
        if strategy.touches("examples"):
            changed = strategy.examples(batch, moments.of(strategy, "examples"))
            batch = kept_batch(strategy, "examples", batch, changed)
    return batch


def features(
    strategies: Sequence[Strategy], network: Network, batch: Batch, moments: Moments
) -> Batch:
    """Return the features of a raw batch after the `embedded` and the `features` stages."""
    embeddings = network.embed(batch.values)
    for strategy in strategies:
        if strategy.touches("embedded"):
            now = moments.of(strategy, "embedded")
            changed = strategy.embedded(batch.values, embeddings, now)
            embeddings = kept(strategy, "embedded", embeddings, changed)
    batch = batch._replace(values=embeddings)
    for strategy in strategies:
        if strategy.touches("features"):
            changed = strategy.features(batch, moments.of(strategy, "features"))
            batch = kept_batch(strategy, "features", batch, changed)
    return batch
