"""The optimizer's update, inside the `update` stages of the strategies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.core.strategy import Moment, Strategy, Update, Weights
from bench.training.moments import Moments


def update_chain(
    strategies: Sequence[Strategy],
    states: Sequence[Sequence[Any]],
    weights: Weights,
    moments: Moments,
    apply: Update,
) -> Update:
    """Return the update with the `update` stages around it; `states` belong to the strategies."""
    chain = apply
    for strategy, state in reversed(list(zip(strategies, states, strict=True))):
        if strategy.touches("update"):
            chain = wrapped(strategy, weights, state, moments.of(strategy, "update"), chain)
    return chain


def wrapped(
    strategy: Strategy, weights: Weights, state: Sequence[Any], moment: Moment, rest: Update
) -> Update:
    """Return the update with one strategy's `update` stage around it."""
    return lambda gradients: strategy.update(weights, gradients, state, moment, rest)
