"""Old records stay readable: a fixture of every version, and the way from one to the next."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from bench.core import record, study
from bench.storage import history, migrations
from bench.storage.migrations import STEPS, parsed, readable
from bench.storage.store import Store

FIXTURES = Path(__file__).parents[2] / "fixtures"


class Third(BaseModel):
    model_config = ConfigDict(extra="forbid")
    schema_version: Literal[3] = 3
    milliseconds: float


STEPS_TO_THIRD: migrations.Steps = {
    "time": {
        1: lambda old: {"secs": old["seconds"]},
        2: lambda old: {"milliseconds": 1000 * old["secs"]},
    }
}


def test_each_version_has_a_fixture_and_a_way_here() -> None:
    assert record.SCHEMA == study.SCHEMA
    versions = range(1, record.SCHEMA + 1)
    assert [FIXTURES / f"schema_{v}" for v in versions] == sorted(FIXTURES.glob("schema_*"))
    for kind in STEPS:
        assert all(readable(kind, version, record.SCHEMA) for version in versions)


@pytest.mark.parametrize("version", range(1, record.SCHEMA + 1))
def test_a_study_of_an_older_version_is_read(version: int, tmp_path: Path) -> None:
    folder = tmp_path / "v1"
    shutil.copytree(FIXTURES / f"schema_{version}", folder)
    store = Store(folder)
    found = store.study()
    assert found is not None
    trials, times = store.records(), store.step_times()
    assert not trials.damaged
    assert not times.damaged
    assert [(r.arm, r.seed, r.final.test_accuracy) for r in trials.records if r.final] == [
        ("baseline", 0, 0.1), ("baseline", 1, 0.108),
        ("label_smoothing", 0, 0.092), ("label_smoothing", 1, 0.108),
    ]  # fmt: skip
    assert [s.block_steps for s in times.step_times] == [16, 19]
    kept = history.read(FIXTURES / f"schema_{version}" / history.HISTORY)
    assert not kept.broken
    assert [line.arm for line in kept.lines] == ["baseline", "label_smoothing"]
    assert [seed.accuracy for seed in kept.lines[1].seeds] == [0.092, 0.108]
    assert [len(line.processes) for line in kept.lines] == [2, 2]


def test_a_payload_climbs_version_by_version() -> None:
    payload = json.dumps({"schema_version": 1, "seconds": 0.25}).encode()
    assert parsed(Third, "time", payload, STEPS_TO_THIRD).milliseconds == 250
    second = json.dumps({"schema_version": 2, "secs": 2}).encode()
    assert parsed(Third, "time", second, STEPS_TO_THIRD).milliseconds == 2000


@pytest.mark.parametrize("version", [0, 4, "1", None])
def test_a_version_without_a_way_here_is_no_record(version: object) -> None:
    payload = json.dumps({"schema_version": version, "seconds": 0.25}).encode()
    with pytest.raises(ValidationError):
        parsed(Third, "time", payload, STEPS_TO_THIRD)
    assert not readable("time", version, 3, STEPS_TO_THIRD)
    assert readable("time", 1, 3, STEPS_TO_THIRD)
