"""The objective of a batch: forward passes inside the `loss` stages of the strategies."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import NamedTuple

import tensorflow as tf

from bench.core.randomness import stream
from bench.core.stage_checks import one_loss_each
from bench.core.strategy import Batch, Loss, LossResult, Moment, Strategy, Tensor, Tensors
from bench.networks.forward_pass import NO_KERNELS, Kernels, Pass
from bench.networks.logits import refuse_probabilities
from bench.networks.network import Network
from bench.training.moments import Moments
from bench.training.variables import unchanged


class Model(NamedTuple):
    """A network and the strategies that act in its forward passes."""

    network: Network
    strategies: Sequence[Strategy]
    hidden_slots: int
    kernels: Kernels = NO_KERNELS


class ForwardPasses:
    """The forward passes of one computation of the objective, each called with a batch of features.

    Args:
        model: the network and its strategies.
        moments: the training step.
        state: the network's moving statistics. One pass of a step may change them, so that a strategy
            with several passes does not move them further than the baseline.
        first: true if the first pass of the step is among them.
    """

    def __init__(self, model: Model, moments: Moments, state: Tensors, first: bool) -> None:
        self._model, self._moments, self._state, self._first = model, moments, state, first
        self._penalties: list[Tensor] = []
        self._passes = 0
        self._next_noise = 0

    def __call__(self, features: Batch) -> LossResult:
        number, self._next_noise = self._next_noise, self._next_noise + 1
        is_first, self._passes = self._first and self._passes == 0, self._passes + 1
        flow = Pass(
            self._model.strategies, features.mask, features.targets,
            training=True, key=network_key(self._moments, number),
            moment_of=lambda strategy, purpose: self._moments.of(strategy, purpose, number),
            hidden_slots=self._model.hidden_slots, kernels=self._model.kernels,
        )  # fmt: skip
        network = self._model.network
        with nullcontext() if is_first else unchanged(self._state):
            logits = tf.cast(network(features.values, flow=flow), tf.float32)
        refuse_probabilities(logits)
        self._penalties += [tf.cast(penalty, tf.float32) for penalty in network.losses]
        losses = tf.nn.softmax_cross_entropy_with_logits(flow.targets, logits)
        return LossResult(losses, logits, flow.targets)

    def same_noise(self, rest: Loss) -> Loss:
        """Return `rest` so that each of its calls has the noise of the first one."""
        start = self._next_noise

        def again(features: Batch) -> LossResult:
            self._next_noise = start
            return rest(features)

        return again

    def objective(self, result: LossResult) -> Tensor:
        """Return the mean loss, plus the losses that the network's layers add in a pass.

        These come from Keras's `kernel_regularizer`, `activity_regularizer` and `add_loss`. They are
        added outside the `loss` stages, which may replace the losses of the examples.
        """
        loss = tf.reduce_mean(result.losses)
        return loss + tf.add_n(self._penalties) / self._passes if self._penalties else loss


def loss_chain(strategies: Sequence[Strategy], moments: Moments, passes: ForwardPasses) -> Loss:
    """Return the loss of the network with the `loss` stages around it."""
    chain: Loss = passes
    for strategy in reversed(strategies):
        if strategy.touches("loss"):
            chain = wrapped(strategy, moments.of(strategy, "loss"), chain, passes)
    return chain


def wrapped(strategy: Strategy, moment: Moment, rest: Loss, passes: ForwardPasses) -> Loss:
    """Return the loss with one strategy's `loss` stage around it."""

    def loss(features: Batch) -> LossResult:
        inner = passes.same_noise(rest) if strategy.facts.same_noise else rest
        return one_loss_each(strategy, features, strategy.loss(features, moment, inner))

    return loss


def network_key(moments: Moments, number: int) -> Tensor:
    """Return the key of the network's own random layers in pass `number`, int32 [2]."""
    key = stream(moments.seed, "network", moments.step)
    numbered = tf.random.experimental.stateless_fold_in(key, number)
    return tf.stack([tf.cast(moments.seed, tf.int32), numbered[0]])
