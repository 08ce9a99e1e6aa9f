"""Random keys and the place in the training, for each stage of each strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from bench.core.lazy import tf
from bench.core.randomness import stream
from bench.core.strategy import Moment, Strategy, Tensor


class Moments(NamedTuple):
    """One training step as the stages of all strategies see it."""

    seed: Tensor
    """Number of the trial's random streams, an integer scalar."""
    step: Tensor
    """int32 scalar, from 0."""
    progress: Tensor
    """float32 scalar in [0, 1), the share of the steps before this one."""
    learning_rate: Tensor
    """float32 scalar."""
    drawn: Mapping[str, Any]
    """Name of a strategy -> the result of its `draw` stage."""
    rows: Tensor
    """Numbers of the batch's training examples, int32 [B]."""
    epoch: Tensor
    """int32 scalar, from 0."""
    states: Mapping[str, Sequence[Any]] = MappingProxyType({})
    """Name of a strategy -> its own variables."""

    def of(self, strategy: Strategy, purpose: str, *positions: int) -> Moment:
        """Return a strategy's moment; another purpose or position has another key."""
        name = strategy.facts.name
        key = stream(self.seed, f"{purpose}/{name}", self.step, *positions)
        trial_key = stream(self.seed, f"trial/{name}")
        return Moment(
            key, self.step, self.progress, self.learning_rate, self.drawn.get(name),
            self.rows, self.epoch, trial_key, self.states.get(name),
        )  # fmt: skip


def drawn(
    strategies: Sequence[Strategy], seed: Tensor, step: Tensor | int, size: int
) -> dict[str, Any]:
    """Draw what the strategies need for a batch of `size` outside the compiled step, by name."""
    with tf.device("CPU:0"):
        return {
            s.facts.name: s.draw(stream(seed, f"draw/{s.facts.name}", step), size)
            for s in strategies
            if s.touches("draw")
        }
