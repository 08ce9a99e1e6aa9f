"""Records as history lines: the result of each trial and process."""

from __future__ import annotations

import pytest

from bench.compare.study_lines import condensed
from tests.bench.analysis import studies

FULL = studies.arm("full")
WITHOUT = studies.arm("full-without", reference="full")
ARMS = [studies.arm("baseline"), FULL, WITHOUT]


def test_seeds_and_processes_of_each_arm() -> None:
    asked = studies.study(ARMS, 2)
    records = [studies.record(one, seed, 0.6 + seed / 10) for one in ARMS[:2] for seed in (1, 0)]
    times = [
        studies.step_time("full", 0, 1.5, matrix_flops_per_second=2e9),
        studies.step_time("full-without", 0, 1.2, reference="full"),
        studies.step_time("full-without", 1, 1.2, reference="full"),
    ]
    baseline, full, without = condensed(asked, records, times, [("images", "full")])
    assert [(s.seed, s.accuracy) for s in full.seeds] == [(0, 0.6), (1, 0.7)]
    # A straight line from chance, 0.5, to the final accuracy has its mean in the middle.
    assert full.seeds[0].area == pytest.approx(0.55)
    assert full.seeds[0].start == baseline.seeds[0].start != full.seeds[1].start
    assert (baseline.failed, full.failed, without.failed) == (0, 1, 0)
    assert [(p.process, p.ratio, p.ms) for p in baseline.processes] == [(0, 1.0, 10.0)]
    assert [(p.process, p.ratio, p.ms) for p in full.processes] == [(0, 1.5, 15.0)]
    assert full.processes[0].matrix_rate == 2e9
    assert full.processes[0].memory_mb == 220
    assert baseline.processes[0].memory_mb == 200
    # Along the chain: 1.2 of `full`, which takes 1.5 of the baseline; process 1 lacks that link.
    assert [(p.process, p.ratio) for p in without.processes] == [(0, pytest.approx(1.8))]
    assert without.seeds == ()


def test_a_diverged_trial_is_told_and_stands_at_chance() -> None:
    asked = studies.study(ARMS[:1], 2)
    records = [studies.diverged(ARMS[0], 0), studies.record(ARMS[0], 1, 0.6)]
    lost, converged = condensed(asked, records, [])[0].seeds
    assert (lost.accuracy, lost.area) == (0.5, 0.5)
    assert (lost.diverged, converged.diverged) == (True, False)


def test_versions_that_differ_within_a_study_are_all_named() -> None:
    asked = studies.study(ARMS[:1], 2)
    records = [
        studies.record(ARMS[0], seed, environment={"software": {"tensorflow": version}})
        for seed, version in enumerate(("2.21.0", "2.20.0"))
    ]
    assert condensed(asked, records, [])[0].software == {"tensorflow": "2.20.0/2.21.0"}


def test_one_place_of_several_is_taken() -> None:
    asked = studies.study(ARMS[:2], 1)
    times = [studies.step_time("full", p, 1.5, machine="m2" if p else "m1") for p in range(3)]
    line = condensed(asked, [], times)[1]
    assert (line.machine, [p.process for p in line.processes]) == ("m2", [1, 2])


def test_a_process_began_when_its_first_measurement_did() -> None:
    """The baseline's line has the earliest start of the arms that were timed beside it."""
    asked = studies.study([*ARMS[:2], studies.arm("other")], 1)
    times = [
        studies.step_time("full", 0, 1.5, started="2026-01-01T00:00:09.000000+00:00"),
        studies.step_time("other", 0, 1.2, started="2026-01-01T00:00:03.000000+00:00"),
    ]
    starts = {line.arm: line.processes[0].started for line in condensed(asked, [], times)}
    assert [starts[arm][17:19] for arm in ("baseline", "full", "other")] == ["03", "09", "03"]
    old = condensed(asked, [], [studies.step_time("full", 0, 1.5)])
    assert old[0].processes[0].started == ""
