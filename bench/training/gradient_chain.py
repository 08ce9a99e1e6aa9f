"""The gradients of the objective, inside the `gradients` stages of the strategies."""

from __future__ import annotations

from itertools import count

import tensorflow as tf

from bench.core.stage_checks import gradients_of, one_gradient_each
from bench.core.strategy import Batch, Differentiate, Gradients, Moment, Strategy, Weights
from bench.training.batch_stages import features
from bench.training.loss_chain import ForwardPasses, Model, loss_chain
from bench.training.loss_scale import LossScale
from bench.training.moments import Moments


def gradient_chain(
    model: Model, weights: Weights, scale: LossScale, batch: Batch, moments: Moments
) -> Differentiate:
    """Return the computation of gradients; a stage may call the rest again at moved weights."""
    names = [variable.path for variable in model.network.trainable_variables]
    computations = count()

    def differentiate() -> Gradients:
        passes = ForwardPasses(model, moments, weights.state, first=next(computations) == 0)
        with tf.GradientTape() as tape:
            changed = features(model.strategies, model.network, batch, moments)
            loss = passes.objective(loss_chain(model.strategies, moments, passes)(changed))
            scaled = scale.up(loss)
        gradients = gradients_of(names, tape.gradient(scaled, list(weights.trainable)))
        return Gradients(loss, scale.down(gradients))

    chain: Differentiate = differentiate
    for strategy in reversed(model.strategies):
        if strategy.touches("gradients"):
            chain = wrapped(strategy, weights, moments.of(strategy, "gradients"), chain)
    return chain


def wrapped(
    strategy: Strategy, weights: Weights, moment: Moment, rest: Differentiate
) -> Differentiate:
    """Return the gradients with one strategy's `gradients` stage around them."""

    def gradients() -> Gradients:
        result = strategy.gradients(weights, moment, rest)
        return one_gradient_each(strategy, weights.trainable, result)

    return gradients
