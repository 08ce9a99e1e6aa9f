"""Moments for calling a stage by itself."""

from __future__ import annotations

import tensorflow as tf

from bench import Moment


def key(seed: int = 0) -> tf.Tensor:
    return tf.constant([seed, 17], tf.int32)


def moment(step: int = 0, steps: int = 100, rate: float = 0.1, seed: int = 0) -> Moment:
    return Moment(key(seed), tf.constant(step), tf.constant(step / steps), tf.constant(rate))
