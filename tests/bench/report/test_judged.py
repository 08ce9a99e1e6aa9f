"""The words of a study that judges the likelihood: its unit, and that less of it is better."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from bench.cli.show import measured
from bench.core.study import Study
from bench.report.explanation import explain
from bench.report.report import ReportPaths, write_report
from bench.report.rows import decision_rows
from bench.report.terminal import print_decision
from bench.script.notes import chosen, words
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import Plan, Planted, make

MINUS = "\N{MINUS SIGN}"
SHARP = Plan(
    arms={
        "mixup": Planted(-1.0, ece=-0.08),
        "cutmix": Planted(3.0, ece=0.06),
        "ema": Planted(0.0, ece=-0.03),
        "dropout": Planted(0.0),
    },
    tasks=("imdb",),
)
"""The most accurate arm has the largest NLL: -0.15, +0.09, -0.06 and 0 nats."""


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, ReportPaths]:
    made = make(SHARP)
    study = made.study.model_copy(update={"judged": "nll", "margin": {"imdb": 0.01}})
    folder = tmp_path_factory.mktemp("results") / "sharp"
    return study, write_report(study, made.records, made.step_times, folder, CARDS)


def test_the_tables_and_the_terminal_have_the_unit(reported: tuple[Study, ReportPaths]) -> None:
    study, paths = reported
    decision = (paths.tables / "decision.md").read_text()
    assert "Judged: NLL; less is better; margin 0.01 nats on imdb" in decision
    assert "effect (nats)" in decision
    assert "change of test accuracy (points)" in decision
    assert "change of NLL" not in decision
    effects = pd.read_csv(paths.tables / "effects.csv")
    assert set(effects.loc[effects["judged"], "metric"]) == {"nll"}
    rows = decision_rows(study, paths.analysis.decision, CARDS)
    assert (rows[0].arm, rows[-1].arm) == ("mixup", "cutmix")
    out = io.StringIO()
    print_decision(study, paths.analysis, CARDS, out)
    lines = out.getvalue().splitlines()
    assert "# Judged: NLL; less is better; margin 0.01 nats on imdb" in lines
    (best,) = [line for line in lines if line.startswith("imdb\tmixup")]
    assert f"\t{MINUS}0.1" in best
    assert "better by more than the margin" in best
    assert "ΔAccuracy" in out.getvalue()


def test_the_page_says_which_way_is_better(reported: tuple[Study, ReportPaths]) -> None:
    _, paths = reported
    page = paths.page.read_text()
    assert "Use mixup" in page
    assert f"mixup: {MINUS}0.1" in page
    assert "nats [" in page
    assert "change of NLL (nats); less is better" in page
    assert "on these test examples" in page
    assert "±0.01 nats on imdb" in page
    assert "points of test accuracy" not in page
    assert not paths.problems


def test_the_sentences_say_which_way_is_better(reported: tuple[Study, ReportPaths]) -> None:
    study, paths = reported
    (task,) = explain(study, paths.analysis, CARDS)
    assert task.answer[0] == "Use mixup."
    assert task.answer[1].startswith(f"In nats of NLL (less is better): mixup {MINUS}0.1")
    assert "Shown to be worse: cutmix." in task.answer
    assert any("NLL hold for these test examples" in limit for limit in task.limits)


def test_a_script_and_show_name_the_metric(reported: tuple[Study, ReportPaths]) -> None:
    study, paths = reported
    choice = chosen(study, paths.analysis, "imdb", None)
    assert choice.arm.name == "mixup"
    effects = paths.analysis.effects
    row = effects[effects["judged"] & (effects["arm"] == "cutmix")].iloc[0]
    assert words(row).startswith("NLL +0.")
    assert " nats [" in words(row)
    assert "sharp, imdb: NLL -0.1" in measured("mixup", paths.tables.parents[1])


def test_show_reads_tables_of_older_versions(
    reported: tuple[Study, ReportPaths], tmp_path: Path
) -> None:
    _, paths = reported
    older = tmp_path / "older" / "tables" / "effects.csv"
    older.parent.mkdir(parents=True)
    frame = pd.read_csv(paths.tables / "effects.csv")
    frame.drop(columns="judged").to_csv(older, index=False)
    (line,) = [text for text in measured("cutmix", tmp_path).splitlines() if "imdb" in text]
    assert line.startswith("  older, imdb: test accuracy +")
    assert " points [+" in line
