"""The step-time protocol: two step functions timed in turn, so that a drifting machine hits both.

This module needs no TensorFlow. A step function is a callable that runs a number of steps and returns
their seconds, synchronized at both ends (`bench.timing.device.timed`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from bench.core.record import paired_ratio

Steps = Callable[[int], float]
"""A function that runs a number of steps and returns their seconds."""

WINDOW = 5
"""Calls in a warm-up window; two windows of one step a call are the minimum of ten steps."""
CALL_SECONDS = 0.02
"""Approximate duration of a warm-up call, long enough that the call itself costs little."""
AGREEMENT = 0.05
"""Largest relative difference of two consecutive windows' medians that counts as settled."""
PATIENCE = 1.0
"""Longest warm-up in seconds, once ten steps are done."""
BLOCK_SECONDS = 0.3
"""Duration of a block."""
SECONDS = 5.0
"""Longest duration of all blocks of a comparison together."""
LEAST_ROUNDS = 2
"""Fewest rounds A B B A, however long they take."""


class Warm(NamedTuple):
    """Result of a warm-up."""

    steps: int
    """Steps that were run."""
    seconds_a_step: float
    """Median of the last window."""
    settled: bool
    """False if patience ran out first."""


class PairedBlocks(NamedTuple):
    """Times of two step functions; block i of one and block i of the other are neighbors."""

    block_steps: int
    arm_ms: tuple[float, ...]
    """Milliseconds a step, one for each block."""
    reference_ms: tuple[float, ...]
    warm_up_steps: int
    """Warm-up steps of the arm."""
    settled: bool
    """True if both were warm before the first block."""

    @property
    def ratio(self) -> float:
        """Median over pairs of blocks of the arm's time over the reference's."""
        return paired_ratio(self.arm_ms, self.reference_ms)


def warm_up(run: Steps, patience: float = PATIENCE) -> Warm:
    """Run at least ten steps, and until the medians of two consecutive windows agree."""
    steps, spent, count, before = 0, 0.0, 1, math.nan
    while True:
        seconds = [run(count) for _ in range(WINDOW)]
        steps, spent = steps + WINDOW * count, spent + sum(seconds)
        now = median(seconds) / count
        settled = abs(now - before) <= AGREEMENT * now
        if settled or (spent >= patience and steps > WINDOW):
            return Warm(steps, now, settled)
        before, count = now, math.ceil(CALL_SECONDS / now)


def block_steps_for(first: Warm, second: Warm) -> int:
    """Return the steps of a block, which lasts `BLOCK_SECONDS` for the faster of the two."""
    return math.ceil(BLOCK_SECONDS / min(first.seconds_a_step, second.seconds_a_step))


def interleaved(
    arm: Steps, reference: Steps, block_steps: int, seconds: float = SECONDS
) -> tuple[list[float], list[float]]:
    """Run blocks in the order A B B A, A B B A, ... for at most `seconds` together.

    Within a round both have the same mean position, so a linear drift cancels. An arm may be timed
    against itself.

    Returns:
        milliseconds a step of the arm's blocks and of the reference's, in pairs of neighbors.
    """
    arm_ms: list[float] = []
    reference_ms: list[float] = []
    ours, theirs = (arm, arm_ms), (reference, reference_ms)
    spent = rounds = 0.0
    while rounds < LEAST_ROUNDS or spent + spent / rounds <= seconds:
        for run, times in (ours, theirs, theirs, ours):
            block = run(block_steps)
            spent += block
            times.append(1000 * block / block_steps)
        rounds += 1
    return arm_ms, reference_ms


def time_in_turn(arm: Steps, reference: Steps, seconds: float = SECONDS) -> PairedBlocks:
    """Time an arm's steps beside its reference's."""
    warm, other = warm_up(arm), warm_up(reference)
    block_steps = block_steps_for(warm, other)
    arm_ms, reference_ms = interleaved(arm, reference, block_steps, seconds)
    settled = warm.settled and other.settled
    return PairedBlocks(block_steps, tuple(arm_ms), tuple(reference_ms), warm.steps, settled)
