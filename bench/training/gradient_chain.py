"""The gradients of the objective, inside the `gradients` stages of the strategies."""

from __future__ import annotations

from functools import partial
from typing import Any

import tensorflow as tf

from bench.core.strategy import Batch, Differentiate, Gradients, Tensor, Weights
from bench.training.batch_stages import features
from bench.training.loss_chain import Model, loss_chain
from bench.training.loss_scale import LossScale
from bench.training.moments import Moments


def gradient_chain(
    model: Model, weights: Weights, scale: LossScale, batch: Batch, moments: Moments
) -> Differentiate:
    """Return the computation of gradients; a stage may call the rest again at moved weights."""

    def differentiate() -> Gradients:
        with tf.GradientTape() as tape:
            changed = features(model.strategies, model.network, batch, moments)
            loss = tf.reduce_mean(loss_chain(model, moments)(changed).losses)
            scaled = scale.up(loss)
        gradients = tape.gradient(scaled, list(weights.trainable))
        return Gradients(loss, scale.down([dense(g) for g in gradients]))

    chain: Differentiate = differentiate
    for strategy in reversed(model.strategies):
        if strategy.touches("gradients"):
            now = moments.of(strategy, "gradients")
            chain = partial(strategy.gradients, weights, now, chain)
    return chain


def dense(gradient: Any) -> Tensor:
    """Return a gradient as a tensor; an embedding's comes as slices of rows."""
    return tf.convert_to_tensor(gradient)
