"""A metric needs one entry of the registry and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from bench.compare.regressions import compare
from bench.compare.study_lines import condensed
from bench.core import metrics
from bench.core.metric import Column, Compared, Followed, Metric
from bench.core.metrics import METRICS
from bench.core.record import Record
from bench.report.export import github_benchmark, text
from bench.report.export.compared import Compared as Exported
from bench.report.report import write_report
from bench.report.terminal import print_decision
from tests.bench.analysis import studies
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import Plan, Planted, make

SMALL = Plan(arms={"mixup": Planted(2.0)})


def worst_class(record: Record) -> float | None:
    scores = record.final
    if scores is None:
        return None
    return min(c / n for c, n in zip(scores.class_correct, scores.class_total, strict=True))


WORST = Metric(
    "worst_class", "accuracy of the worst class", "points", True, 100.0, worst_class, "chance",
    column=Column(
        "worst", 4, "change of the worst class", "ΔWorst", "change of the worst class's accuracy",
        "change of the worst class's accuracy, points", digits=1, page_digits=1, in_terminal=True,
    ),
    compared=Compared(
        "worst_class", 2.0, 0.05, "worst_class:2", "worst_class", "{:.1%} -> {:.1%}",
        followed=Followed("worst_class", "Worst class", "percent", "%"),
    ),
)  # fmt: skip


@pytest.fixture
def one_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS", (*METRICS, WORST))


@pytest.mark.usefixtures("one_more")
def test_a_metric_added_in_one_place_is_in_tables_on_the_page_and_in_the_terminal(
    tmp_path: Path,
) -> None:
    made = make(SMALL)
    paths = write_report(made.study, made.records, made.step_times, tmp_path, CARDS)
    effects = pd.read_csv(paths.tables / "effects.csv")
    rows = effects[effects["metric"] == "worst_class"]
    assert len(rows) == (effects["metric"] == "nll").sum() > 0
    assert rows["effect"].notna().all()
    decision = pd.read_csv(paths.tables / "decision.csv")
    planned = rows.set_index(["task", "arm"])["effect"]
    shown = decision.set_index(["task", "arm"])["worst"].dropna()
    assert len(shown)
    pd.testing.assert_series_equal(shown, planned[shown.index], check_names=False)
    assert "change of the worst class" in (paths.tables / "decision.md").read_text()
    assert "ΔWorst" in paths.page.read_text()
    out = io.StringIO()
    print_decision(made.study, paths.analysis, CARDS, out)
    assert "ΔWorst" in out.getvalue()


@pytest.mark.usefixtures("one_more")
def test_and_in_a_comparison_of_two_studies() -> None:
    asked = studies.study([studies.arm("baseline")], 10)

    def lines(name: str, lost: int) -> list:
        made = []
        for seed in range(10):
            whole = studies.record(asked.arms[0], seed, 0.6 + seed / 1000)
            assert whole.final is not None
            right = (3000, 100 * (20 - lost - seed % 2))
            final = whole.final.model_copy(update={"class_correct": right})
            made.append(whole.model_copy(update={"study": name, "final": final}))
        return condensed(asked.model_copy(update={"name": name}), made, [])

    before, after = lines("before", 0), lines("after", 5)
    found = compare(before, after)
    words = found.findings.set_index("metric")["verdict"].to_dict()
    assert words["worst_class"] == "regressed"
    assert words["accuracy"] == "unchanged"
    lost = found.findings.set_index("metric").loc["worst_class"]
    assert (lost["base"], lost["new"]) == (pytest.approx(0.39), pytest.approx(0.29))
    assert lost["change"] == pytest.approx(-10.0)
    said = text.render(Exported(found, after))
    assert "accuracy of the worst class" in said
    assert "-10.00 points" in said
    assert "worst class (%)" in github_benchmark.bigger(Exported(found, after))


def test_lines_without_further_scores_are_written_as_before() -> None:
    asked = studies.study([studies.arm("baseline")], 1)
    line = condensed(asked, [studies.record(asked.arms[0], 0)], [])[0]
    assert set(line.model_dump()["seeds"][0]) == {"seed", "accuracy", "area", "start"}


def test_a_process_has_no_trial() -> None:
    step_time = next(one for one in METRICS if one.name == "step_time")
    with pytest.raises(TypeError):
        step_time.value(studies.record(studies.arm("baseline"), 0))


def test_a_diverged_trial_has_chance_accuracy_and_no_losses() -> None:
    lost = studies.diverged(studies.arm("baseline"), 0)
    values = {one.name: one.value(lost) for one in METRICS if one.of}
    assert values["test_accuracy"] == values["area"] == 0.5
    assert values["nll"] is values["generalization_gap"] is None


def test_macro_accuracy_has_a_column_only_where_classes_are_unequal(tmp_path: Path) -> None:
    made = make(SMALL)
    for name, shares in (("equal", None), ("unequal", (0.9, 0.1))):
        records = made.records
        if shares is not None:
            records = [unequal_classes(record, shares) for record in records]
        paths = write_report(made.study, records, made.step_times, tmp_path / name, CARDS)
        out = io.StringIO()
        print_decision(made.study, paths.analysis, CARDS, out)
        texts = (out.getvalue(), (paths.tables / "decision.md").read_text(), paths.page.read_text())
        words = ("ΔMacro", "change of macro accuracy", "ΔMacro")
        found = [word in text for word, text in zip(words, texts, strict=True)]
        assert found == [name == "unequal"] * 3


def unequal_classes(record: Record, shares: tuple[float, float]) -> Record:
    """Return a record whose first two classes have these shares of its test examples."""
    scores = record.final
    if scores is None:
        return record
    total, correct = sum(scores.class_total), sum(scores.class_correct)
    sizes = [round(share * total) for share in shares]
    right = [min(round(0.5 * size), size) for size in sizes]
    right[0] = correct - right[1]
    changes = {"class_total": tuple(sizes), "class_correct": tuple(right)}
    return record.model_copy(update={"final": scores.model_copy(update=changes)})
