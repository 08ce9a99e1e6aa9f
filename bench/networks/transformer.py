"""A small Transformer encoder (Vaswani et al. 2017, 1706.03762) that trains without normalization.

The normalization slots stand before attention and before the feed-forward part (pre-norm, Xiong et
al. 2020, 2002.04745), so the residual stream is the same with and without them.
"""

from __future__ import annotations

import math

import keras
import numpy as np
import tensorflow as tf

from bench.core.strategy import Slot, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.network import Network
from bench.networks.parts import Parts
from bench.networks.pooling import masked_mean


class Attention(keras.layers.Layer):
    """Multi-head self-attention over unmasked positions: [B, T, D] -> [B, T, D]."""

    def __init__(self, parts: Parts, name: str, width: int, heads: int) -> None:
        super().__init__(name=name, dtype=parts.dtype)
        self.supports_masking = True  # A normalization attaches the mask to its output.
        self.heads = heads
        self.project = parts.dense(f"{name}_qkv", 3 * width, kind="glorot_uniform")
        self.join = parts.dense(f"{name}_out", width, kind="glorot_uniform")

    def call(self, values: Tensor, flow: Pass) -> Tensor:
        batch, time, width = tf.shape(values)[0], values.shape[1], values.shape[2]
        projected = flow.dense(self.project, values)
        split = tf.reshape(projected, [batch, time, 3, self.heads, width // self.heads])
        query, key, value = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4]))
        scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(width // self.heads)
        assert flow.mask is not None
        scores = tf.where(flow.mask[:, None, None, :], tf.cast(scores, tf.float32), -1e9)
        attended = tf.matmul(tf.cast(tf.nn.softmax(scores), value.dtype), value)
        joined = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [batch, time, width])
        return flow.dense(self.join, joined)


class Encoder(keras.layers.Layer):
    """Attention and a feed-forward part, each a residual branch."""

    def __init__(self, parts: Parts, index: int, count: int, width: int, heads: int) -> None:
        name = f"encoder{index}"
        super().__init__(name=name, dtype=parts.dtype)
        self.supports_masking = True
        self.slots = [
            Slot(f"{name}_{part}", "sequence", (index + 1) / count)
            for part in ("attention", "feed_forward")
        ]
        self.norms = [
            parts.normalization(Slot(f"{slot.name}_norm", "sequence", slot.depth))
            for slot in self.slots
        ]
        self.attention = Attention(parts, f"{name}_attention", width, heads)
        self.widen = parts.dense(f"{name}_widen", 2 * width)
        self.narrow = parts.dense(f"{name}_narrow", width, kind="glorot_uniform")

    def call(self, values: Tensor, flow: Pass) -> Tensor:
        branch = self.attention(flow.normalize(self.norms[0], values), flow=flow)
        values = flow.merge(self.slots[0], values, flow.noise(self.slots[0], branch))
        branch = flow.dense(self.widen, flow.normalize(self.norms[1], values))
        branch = flow.dense(self.narrow, tf.nn.relu(branch))
        return flow.merge(self.slots[1], values, flow.noise(self.slots[1], branch))


class TransformerNetwork(Network):
    """An encoder, mean-pooled over unmasked positions: token ids [B, T] -> logits [B, K]."""

    def __init__(
        self,
        parts: Parts,
        vocabulary: int,
        length: int,
        embedding: int,
        heads: int,
        layers: int,
        classes: int,
    ) -> None:
        super().__init__(name="network", dtype=parts.dtype)
        self.embedding = keras.layers.Embedding(
            vocabulary,
            embedding,
            embeddings_initializer=parts.initializer("uniform", "embedding"),
            name="embedding",
            dtype=parts.dtype,
        )
        self.positions = tf.constant(sinusoids(length, embedding), tf.float32)
        self.encoders = [Encoder(parts, i, layers, embedding, heads) for i in range(layers)]
        self.head = parts.dense("head", classes, kind="glorot_uniform")

    def embed(self, values: Tensor) -> Tensor:
        return self.embedding(values)

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        x = flow.hidden(Slot("input", "sequence"), tf.cast(features, self.compute_dtype))
        # The embeddings start within 0.05; scaled down, positions do not drown the words.
        x = x + 0.05 * tf.cast(self.positions, self.compute_dtype)
        x = flow.noise(Slot("embedded", "sequence"), x)
        for encoder in self.encoders:
            x = flow.hidden(encoder.slots[1], encoder(x, flow=flow))
        x = flow.noise(Slot("pooled", "vector", 1.0), masked_mean(x, flow.mask))
        return flow.dense(self.head, x)


def sinusoids(length: int, width: int) -> np.ndarray:
    """Return the positional encodings [length, width] of section 3.5."""
    rates = np.exp(-np.log(10_000.0) * np.arange(0, width, 2) / width)
    angles = np.arange(length)[:, None] * rates
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, -1)[:, :width]
