"""Averaged embeddings of words and word pairs, and a linear classifier.

Joulin et al. 2016 (1607.01759): pairs of neighboring words are hashed into a table of their own, so
that "not good" differs from "good" at the cost of a sum.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from bench.core.strategy import Slot, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.network import Network
from bench.networks.parts import Parts
from bench.networks.pooling import masked_mean

FACTORS = (1_000_003, 8_191)
"""Multipliers of the hash of a pair of token ids; both are prime."""


def pair_buckets(ids: Tensor, buckets: int) -> Tensor:
    """Hash each token with the one before it: int ids [B, T] -> int64 buckets [B, T].

    The first token has no neighbor before it and is paired with id 0.
    """
    ids = tf.cast(ids, tf.int64)
    before = tf.pad(ids[:, :-1], [[0, 0], [1, 0]])
    return (before * FACTORS[0] + ids * FACTORS[1]) % buckets


class NgramNetwork(Network):
    """Token ids [B, T] -> logits [B, K]: the mean over words of word and pair embeddings."""

    def __init__(
        self, parts: Parts, vocabulary: int, buckets: int, embedding: int, classes: int
    ) -> None:
        super().__init__(name="network", dtype=parts.dtype)
        self.buckets = buckets
        self.words = self._table(parts, "words", vocabulary, embedding)
        self.pairs = self._table(parts, "pairs", buckets, embedding)
        self.norm = parts.normalization(Slot("words_norm", "sequence"))
        self.head = parts.dense("head", classes, kind="glorot_uniform")

    @staticmethod
    def _table(parts: Parts, name: str, rows: int, width: int) -> keras.layers.Embedding:
        initializer = parts.initializer("uniform", name)
        return keras.layers.Embedding(
            rows, width, embeddings_initializer=initializer, name=name, dtype=parts.dtype
        )

    def embed(self, values: Tensor) -> Tensor:
        return self.words(values) + self.pairs(pair_buckets(values, self.buckets))

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        x = flow.hidden(Slot("input", "sequence"), tf.cast(features, self.compute_dtype))
        x = flow.noise(Slot("embedded", "sequence"), x)
        x = flow.normalize(self.norm, x)
        x = flow.noise(Slot("pooled", "vector", 1.0), masked_mean(x, flow.mask))
        return flow.dense(self.head, x)
