"""The step-time protocol: two step functions timed in turn, so that a drifting machine hits both.

No TensorFlow here: a step function is a callable that runs some steps and says how many seconds
they took, synchronized at both ends (`bench.timing.device.timed`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

Steps = Callable[[int], float]
"""Runs that many steps; returns seconds."""

WINDOW = 5
"""Calls in a warm-up window; two windows of one step a call are the ten steps at the least."""
CALL_SECONDS = 0.02
"""A warm-up call lasts about this long, so that the call itself weighs little."""
AGREEMENT = 0.05
"""Relative difference of two consecutive windows' medians that counts as settled."""
PATIENCE = 1.0
"""Seconds of warm-up after which it is given up, once ten steps are done."""
BLOCK_SECONDS = 0.3
SECONDS = 5.0
"""What all blocks of a comparison may take together."""
LEAST_ROUNDS = 2
"""Rounds of A B B A that are run whatever they take."""


class Warm(NamedTuple):
    """A step function that has been run until its time stopped changing."""

    steps: int
    """How many it took."""
    seconds_a_step: float
    """Median of the last window."""
    settled: bool
    """False where patience ran out first."""


class PairedBlocks(NamedTuple):
    """Two step functions timed in turn; block i of one and block i of the other are neighbors."""

    block_steps: int
    arm_ms: tuple[float, ...]
    """Milliseconds a step, one for each block."""
    reference_ms: tuple[float, ...]
    warm_up_steps: int
    """Of the arm."""
    settled: bool
    """Whether both were warm before the first block."""

    @property
    def ratio(self) -> float:
        """Median over pairs of blocks of the arm's time over the reference's."""
        return median(a / r for a, r in zip(self.arm_ms, self.reference_ms, strict=True))


def warm_up(run: Steps, patience: float = PATIENCE) -> Warm:
    """Runs at least ten steps, and until the medians of two consecutive windows agree."""
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
    """So many steps that a block lasts `BLOCK_SECONDS` for the faster of the two."""
    return math.ceil(BLOCK_SECONDS / min(first.seconds_a_step, second.seconds_a_step))


def interleaved(
    arm: Steps, reference: Steps, block_steps: int, seconds: float = SECONDS
) -> tuple[list[float], list[float]]:
    """Blocks in the order A B B A, A B B A, ... of at most `seconds` together.

    Within a round both have the same mean position, so a linear drift cancels.

    Returns:
        milliseconds a step of the arm's blocks and of the reference's, in pairs of neighbors.
    """
    times: dict[Steps, list[float]] = {}
    ours, theirs = times.setdefault(arm, []), times.setdefault(reference, [])
    spent = rounds = 0.0
    while rounds < LEAST_ROUNDS or spent + spent / rounds <= seconds:
        for run in (arm, reference, reference, arm):
            block = run(block_steps)
            spent += block
            times[run].append(1000 * block / block_steps)
        rounds += 1
    return ours, theirs


def time_in_turn(arm: Steps, reference: Steps, seconds: float = SECONDS) -> PairedBlocks:
    """Times an arm's steps beside its reference's; the two are different objects."""
    warm, other = warm_up(arm), warm_up(reference)
    block_steps = block_steps_for(warm, other)
    ours, theirs = interleaved(arm, reference, block_steps, seconds)
    return PairedBlocks(
        block_steps, tuple(ours), tuple(theirs), warm.steps, warm.settled and other.settled
    )
