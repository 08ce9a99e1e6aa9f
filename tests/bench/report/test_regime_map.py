"""`bench map` on made-up studies: a table, a heat map, and refusals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from typer.testing import CliRunner, Result

from bench.cli.main import app
from bench.core.errors import UsageError
from bench.report.regime_map import map_plot
from bench.storage.store import Store
from tests.bench.analysis import studies
from tests.bench.report.plots.test_plots import bold


def call(folder: Path) -> Result:
    return CliRunner().invoke(app, ["map", str(folder)])


def measured(folder: Path, steps: int, effect: float) -> None:
    """Write a study of one regime."""
    recipe = {**studies.RECIPE, "steps": steps}
    arms = [studies.arm(arm, recipe=recipe) for arm in ("baseline", "mixup", "cutmix")]
    store = Store(folder / f"steps-{steps}")
    store.write_study(studies.study(arms, 3, name=f"steps-{steps}"))
    for arm, change in zip(arms, (0.0, effect, -effect), strict=True):
        for seed in range(3):
            accuracy = 0.6 + 0.01 * seed + change + 0.001 * seed * change
            store.write(studies.record(arm, seed, accuracy, study=f"steps-{steps}"))


def test_a_map_has_a_table_and_a_heat_map_with_its_data(tmp_path: Path) -> None:
    measured(tmp_path, 300, 0.02)
    measured(tmp_path, 1_200, -0.04)
    done = call(tmp_path)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "tables" / "regimes.csv")
    found = table.set_index(["arm", "regime"])["effect"]
    assert round(found["mixup", "300"], 1) == 2.0
    assert round(found["mixup", "1,200"], 1) == -4.0
    svg = (tmp_path / "plots" / "regimes-images.svg").read_text()
    for words in ("1,200, gap 20", studies.DATA, "exploratory", "mixup"):
        assert words in svg
    assert (tmp_path / "plots" / "regimes-images.png").stat().st_size > 5_000


def test_damage_costs_what_is_damaged_and_is_said(tmp_path: Path) -> None:
    for steps in (300, 600, 1_200):
        measured(tmp_path, steps, 0.02)
    path = tmp_path / "steps-300" / "study.json"
    path.write_bytes(path.read_bytes()[:-100])
    record = next((tmp_path / "steps-600" / "trials").glob("*mixup*"))
    record.write_bytes(record.read_bytes()[:-100])
    done = call(tmp_path)
    assert done.exit_code == 0, done.output
    assert [line.partition(" is damaged")[0] for line in done.stderr.splitlines()] == [
        f"warning: left out: {path}",
        f"warning: {tmp_path / 'steps-600'}: {record.name}",
    ]
    assert set(pd.read_csv(tmp_path / "tables" / "regimes.csv")["regime"]) == {"600", "1,200"}


def test_a_gap_of_nothing_has_no_sign() -> None:
    rows = pd.DataFrame(
        {"arm": ["mixup"], "regime": ["300"], "effect": [1.0], "low": [0.5], "high": [1.5],
         "gap": [-0.04], "survives": [False], "shrunk": [0.7], "n": [3],
         "data": [studies.DATA], "synthetic": [False]}
    )  # fmt: skip
    study = studies.study([studies.arm("baseline"), studies.arm("mixup")], 3)
    svg = map_plot("images", rows, "steps", study).svg
    assert "300, gap 0<" in svg


def test_a_cell_is_bold_only_where_it_survives_the_adjustment_over_the_map() -> None:
    rows = pd.DataFrame(
        {"arm": ["mixup", "cutmix"], "regime": "300", "effect": [1.0, 2.0], "low": [0.5, 1.0],
         "high": [1.5, 3.0], "gap": 20.0, "survives": [False, True], "shrunk": [0.4, 1.5], "n": 3,
         "data": studies.DATA, "synthetic": False}
    )  # fmt: skip
    study = studies.study([studies.arm("baseline")], 3)
    svg = map_plot("images", rows, "steps", study).svg
    assert bold(svg) == ["+2.0", "Effect over regimes on images"]
    assert ">(+0.4)<" in svg
    assert ">(+1.5)<" in svg


def test_a_folder_without_studies_is_one_line(tmp_path: Path) -> None:
    error = call(tmp_path).exception
    assert isinstance(error, UsageError)
    assert "no study under" in str(error)
