"""The loss of a batch of features: forward passes inside the `loss` stages of the strategies."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import tensorflow as tf

from bench.core.randomness import stream
from bench.core.strategy import Batch, Loss, LossResult, Moment, Strategy, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.network import Network
from bench.training.moments import Moments


class Model(NamedTuple):
    """A network and the strategies that act in its forward passes."""

    network: Network
    strategies: Sequence[Strategy]
    hidden_slots: int


def loss_chain(model: Model, moments: Moments) -> Loss:
    """Return the loss with the `loss` stages around it; each call of it is one forward pass."""
    passes = count()

    def network_loss(features: Batch) -> LossResult:
        return forward(model, moments, features, next(passes))

    chain: Loss = network_loss
    for strategy in reversed(model.strategies):
        if strategy.touches("loss"):
            chain = wrapped(strategy, moments.of(strategy, "loss"), chain)
    return chain


def wrapped(strategy: Strategy, moment: Moment, rest: Loss) -> Loss:
    """Return the loss with one strategy's `loss` stage around it."""
    return lambda features: strategy.loss(features, moment, rest)


def forward(model: Model, moments: Moments, features: Batch, number: int) -> LossResult:
    """Run pass `number` of a step and return its cross-entropies."""
    flow = Pass(
        model.strategies, features.mask, features.targets,
        training=True, key=network_key(moments, number),
        moment_of=lambda strategy, purpose: moments.of(strategy, purpose, number),
        hidden_slots=model.hidden_slots,
    )  # fmt: skip
    logits = tf.cast(model.network(features.values, flow=flow), tf.float32)
    losses = tf.nn.softmax_cross_entropy_with_logits(flow.targets, logits)
    return LossResult(losses, logits, flow.targets)


def network_key(moments: Moments, number: int) -> Tensor:
    """Return the key of the network's own random layers in pass `number`, int32 [2]."""
    key = stream(moments.seed, "network", moments.step)
    numbered = tf.random.experimental.stateless_fold_in(key, number)
    return tf.stack([tf.cast(moments.seed, tf.int32), numbered[0]])
