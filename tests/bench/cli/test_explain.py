"""`bench explain` and `bench report` on a finished study, with its step times and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli.main import app
from bench.core.errors import BenchError
from bench.storage.store import Store
from tests.bench.report.study_factory import Plan, Planted, make


def finished(folder: Path, processes: int) -> Store:
    study = make(Plan(arms={"mixup": Planted(4.0)}, tasks=("cifar10",), processes=processes))
    store = Store(folder)
    store.write_study(study.study)
    for record in (*study.records, *study.step_times):
        store.write(record)
    store.compact()
    return store


def call(command: str, store: Store) -> Result:
    return CliRunner().invoke(app, [command, str(store.folder)])


def test_a_finished_study_names_no_command_that_would_be_refused(tmp_path: Path) -> None:
    store = finished(tmp_path, processes=0)
    said = call("explain", store).output
    assert "The time of a step was not measured." in said
    assert "bench time" not in said
    store.expand()
    assert "`bench time" in call("explain", store).output


def test_lost_step_times_are_said_and_cost_no_table(tmp_path: Path) -> None:
    store = finished(tmp_path, processes=2)
    assert call("report", store).exit_code == 0
    table = tmp_path / "tables" / "step_times.csv"
    before = table.read_bytes()
    assert b"mixup" in before
    (tmp_path / "step_time.jsonl.gz").unlink()
    with pytest.raises(BenchError, match=r"the step times of this study are lost.*restore"):
        raise call("report", store).exception or AssertionError
    assert table.read_bytes() == before
    explained = call("explain", store)
    assert "warning: the step times of this study are lost" in explained.stderr
    assert "The step times are lost." in explained.stdout
