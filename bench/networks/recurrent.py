"""Embedding, LSTM, classifier: the recurrent network of TensorFlow's text tutorials, masked."""

from __future__ import annotations

import keras
import tensorflow as tf

from bench.core.randomness import integer
from bench.core.strategy import Slot, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.network import Network
from bench.networks.parts import Parts
from bench.networks.pooling import masked_max


class RecurrentNetwork(Network):
    """An LSTM whose outputs are max-pooled over time: token ids [B, T] -> logits [B, K]."""

    def __init__(
        self, parts: Parts, vocabulary: int, embedding: int, units: int, classes: int
    ) -> None:
        super().__init__(name="network", dtype=parts.dtype)
        self.embedding = keras.layers.Embedding(
            vocabulary,
            embedding,
            embeddings_initializer=parts.initializer("uniform", "embedding"),
            name="embedding",
            dtype=parts.dtype,
        )
        self.lstm = keras.layers.LSTM(
            units,
            return_sequences=True,
            kernel_initializer=parts.initializer("glorot_uniform", "lstm/kernel"),
            recurrent_initializer=parts.initializer("orthogonal", "lstm/recurrent"),
            seed=integer(parts.seed, "lstm"),
            name="lstm",
            dtype=parts.dtype,
        )
        self.norm = parts.normalization(Slot("lstm_norm", "sequence", 1.0))
        self.head = parts.dense("head", classes, kind="glorot_uniform")

    def embed(self, values: Tensor) -> Tensor:
        return self.embedding(values)

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        x = flow.hidden(Slot("input", "sequence"), tf.cast(features, self.compute_dtype))
        x = flow.noise(Slot("embedded", "sequence"), x)
        x = self.lstm(x, mask=flow.mask)
        x = flow.normalize(self.norm, x)
        x = flow.hidden(Slot("lstm", "sequence", 1.0), x)
        x = flow.noise(Slot("lstm", "sequence", 1.0), x)
        x = flow.noise(Slot("pooled", "vector", 1.0), masked_max(x, flow.mask))
        return flow.dense(self.head, x)
