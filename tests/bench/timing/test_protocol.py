"""The protocol on a simulated machine, whose clock has planted times."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest

from bench.timing.protocol import BLOCK_SECONDS, WINDOW, interleaved, time_in_turn, warm_up


class Machine:
    """Steps of a fixed cost times the present slowness of the machine.

    Args:
        slow: seconds that have passed -> factor.
        noise: standard deviation of the log of a call's time.
    """

    def __init__(self, slow: Callable[[float], float] = lambda _: 1.0, noise: float = 0.0) -> None:
        self.now, self.slow, self.noise = 0.0, slow, noise
        self.random = np.random.default_rng(7)
        self.log: list[tuple[str, int]] = []

    def steps(self, name: str, cost: float) -> Callable[[int], float]:
        def run(count: int) -> float:
            jitter = math.exp(self.noise * self.random.standard_normal())
            seconds = count * cost * self.slow(self.now) * jitter
            self.now += seconds
            self.log.append((name, count))
            return seconds

        return run


def test_a_planted_ratio_is_recovered_through_noise() -> None:
    machine = Machine(noise=0.01)
    measured = time_in_turn(machine.steps("arm", 0.0105), machine.steps("reference", 0.01), 20.0)
    assert measured.ratio == pytest.approx(1.05, abs=0.01)
    assert measured.settled


def test_a_drifting_machine_biases_a_sequential_ratio_and_not_the_interleaved_one() -> None:
    def drift(now: float) -> float:
        return 1.0 + 0.05 * now

    machine = Machine(drift)
    ours, theirs = interleaved(machine.steps("a", 0.0105), machine.steps("b", 0.01), 30)
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))

    machine = Machine(drift)
    arm, reference = machine.steps("a", 0.0105), machine.steps("b", 0.01)
    first = [arm(30) for _ in range(len(ours))]
    then = [reference(30) for _ in range(len(theirs))]
    sequential = median(first) / median(then)

    assert ratio == pytest.approx(1.05, abs=0.005)
    assert abs(sequential - 1.05) > 0.05


def test_blocks_alternate_abba_last_long_enough_and_stay_within_the_budget() -> None:
    machine = Machine()
    measured = time_in_turn(machine.steps("a", 0.02), machine.steps("b", 0.01), seconds=5.0)
    assert measured.block_steps * 0.01 >= BLOCK_SECONDS
    blocks = [name for name, count in machine.log if count == measured.block_steps]
    rounds = len(measured.arm_ms) // 2
    assert "".join(blocks) == "abba" * rounds
    assert rounds == 2  # a round takes 1.8 s: a third one would go past 5 s
    assert len(measured.arm_ms) == len(measured.reference_ms)
    assert set(np.round(measured.arm_ms, 6)) == {20.0}


def test_an_arm_beside_itself_gives_two_lists() -> None:
    same = Machine().steps("arm", 0.01)
    ours, theirs = interleaved(same, same, 10, seconds=1.0)
    assert len(ours) == len(theirs) >= 4
    assert time_in_turn(same, same).ratio == pytest.approx(1.0)


def test_a_cheap_pair_gets_as_many_rounds_as_fit() -> None:
    machine = Machine()
    measured = time_in_turn(machine.steps("a", 0.01), machine.steps("b", 0.01), seconds=5.0)
    assert len(measured.arm_ms) == 8


def test_two_rounds_are_run_however_slow_they_are() -> None:
    machine = Machine()
    ours, theirs = interleaved(machine.steps("a", 9.0), machine.steps("b", 9.0), 1, seconds=5.0)
    assert len(ours) == len(theirs) == 4


def test_warm_up_stops_when_two_windows_agree() -> None:
    machine = Machine(lambda now: 1.0 + 3.0 * math.exp(-now / 0.05))
    warm = warm_up(machine.steps("a", 0.01), patience=10.0)
    assert warm.settled
    assert warm.steps > 2 * WINDOW  # the first windows differ
    assert warm.seconds_a_step == pytest.approx(0.01, rel=0.1)
    assert machine.now < 1.0


def test_warm_up_takes_ten_steps_at_the_least() -> None:
    machine = Machine()
    warm = warm_up(machine.steps("a", 5.0), patience=0.1)
    assert (warm.steps, warm.settled) == (10, True)


def test_warm_up_gives_up_on_a_machine_that_never_settles() -> None:
    machine = Machine(lambda now: 1.0 + now)
    warm = warm_up(machine.steps("a", 0.1), patience=2.0)
    assert not warm.settled
    assert warm.steps >= 10
    other = Machine(lambda now: 1.0 + now)
    measured = time_in_turn(other.steps("a", 0.1), other.steps("b", 0.1))
    assert not measured.settled
