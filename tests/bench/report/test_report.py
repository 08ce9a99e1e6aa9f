"""A whole report from records: its files, and its behavior on errors."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.analysis.verdict import BETTER_BY_MARGIN, VERDICTS, WORSE, WORSE_BY_MARGIN
from bench.core.errors import BenchError
from bench.core.failure import Failure
from bench.core.record import trial_name
from bench.core.study import NotApplicable
from bench.plugins.registry import Registry
from bench.report import gallery
from bench.report.report import ReportPaths, report_study, write_report
from bench.storage.archive import CUT
from bench.storage.records import Damaged, damage_lines
from bench.storage.store import Store
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import SIX, Made, Plan, Planted, make

SMALL = {"mixup": Planted(2.0), "cutmix": Planted(-2.0, step_ratio=1.3)}


def write(made: Made, folder: Path, **more) -> ReportPaths:
    return write_report(made.study, made.records, made.step_times, folder, CARDS, **more)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, ReportPaths]:
    absent = NotApplicable(task="imdb", arm="flip_crop", reason="needs <images>")
    made = make(Plan(missing=(("imdb", "mixup", 3),), not_applicable=(absent,)))
    failure = Failure(kind="killed", reason="out of memory <b>now</b>")
    failures = {trial_name("imdb", "mixup", 3): failure}
    return made, write(made, tmp_path_factory.mktemp("real"), failures=failures)


def test_trials_table_has_a_row_a_trial_with_what_others_rely_on(real) -> None:
    made, paths = real
    trials = pd.read_csv(paths.tables / "trials.csv")
    assert len(trials) == len(made.records) + 1
    needed = (
        "task arm seed data status test_accuracy validation_accuracy train_accuracy nll ece steps"
    )
    assert set(needed.split()) <= set(trials.columns)
    assert trials["test_accuracy"].dropna().between(0, 1).all()
    assert set(trials["data"]) == {"tfds:cifar10:3.0.2", "tfds:imdb:1.0.0"}
    assert not trials["synthetic"].any()
    assert trials.loc[trials["status"] == "failed", "test_accuracy"].isna().all()


def test_effects_table_is_in_points_and_finds_what_was_planted(real) -> None:
    _, paths = real
    effects = pd.read_csv(paths.tables / "effects.csv")
    needed = "task arm metric n effect low high p p_adjusted verdict data synthetic base"
    assert set(needed.split()) <= set(effects.columns)
    assert set(effects["base"]) == {"none"}
    judged = effects[(effects["metric"] == "test_accuracy") & (effects["task"] == "cifar10")]
    found = judged.set_index("arm")
    assert found.loc["batch_norm", "effect"] == pytest.approx(SIX["batch_norm"].points, abs=0.8)
    assert found.loc["batch_norm", "verdict"] == BETTER_BY_MARGIN
    assert found.loc["instance_norm", "verdict"] in (WORSE, WORSE_BY_MARGIN)


def test_every_table_states_data_base_and_gap(real) -> None:
    _, paths = real
    texts = list(paths.tables.glob("*.md"))
    assert len(texts) >= 7
    for path in texts:
        text = path.read_text()
        assert "cifar10: data tfds:cifar10:3.0.2, baseline gap 28" in text, path.name
        assert "base: none" in text
        assert "WARNING" not in text
    for path in paths.tables.glob("*.csv"):
        assert {"data", "synthetic", "base"} <= set(pd.read_csv(path, nrows=1).columns), path.name


def test_plots_come_in_both_formats(real) -> None:
    _, paths = real
    names = {path.stem for path in paths.plots.glob("*.png")}
    kinds = ("effect", "cost", "curves", "convergence", "profile", "calibration")
    assert names == {f"{kind}-{task}" for kind in kinds for task in ("cifar10", "imdb")}
    assert names == {path.stem for path in paths.plots.glob("*.svg")}


def test_the_page_tells_of_what_is_missing_and_escapes_it(real) -> None:
    _, paths = real
    html = paths.page.read_text()
    assert "needs &lt;images&gt;" in html
    assert "killed: out of memory &lt;b&gt;now&lt;/b&gt;" in html
    assert html.index('id="decision-table"') < html.index('id="plots"') < html.index('id="methods"')
    assert "Use batch_norm" in html
    assert "may be the best" in html
    assert re.search(r"shrunk [+−]\d", html)
    assert "CPU step time" in html


def test_the_page_needs_no_network(real) -> None:
    _, paths = real
    html = paths.page.read_text()
    assert not re.search(r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"(?!data:)", html)
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    made = make(Plan(arms=SMALL, tasks=("cifar10",), seeds=3))
    for name in ("a", "b"):
        write(made, tmp_path / name)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(files) > 30
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_synthetic_data_is_marked_everywhere_and_judged_nowhere(tmp_path: Path) -> None:
    made = make(Plan(arms=SMALL, tasks=("cifar10",), seeds=5, synthetic=True, gap=0.03))
    paths = write(made, tmp_path)
    mark = "SYNTHETIC STAND-IN DATA"
    for path in [*paths.plots.glob("*.svg"), *paths.tables.glob("*.md"), paths.page]:
        assert mark in path.read_text(), path.name
    for path in paths.tables.glob("*.csv"):
        assert pd.read_csv(path)["synthetic"].all()
    verdicts = set(pd.read_csv(paths.tables / "effects.csv")["verdict"])
    assert not verdicts & set(VERDICTS)
    assert "WARNING: the baseline underfits" in (paths.tables / "decision.md").read_text()


def test_a_declared_study_has_no_answer_before_its_last_seed(tmp_path: Path) -> None:
    gone = tuple(("cifar10", arm, 6) for arm in ("baseline", "mixup", "cutmix"))
    arms = {"mixup": Planted(6.0), "cutmix": Planted(-6.0)}
    made = make(Plan(arms=arms, tasks=("cifar10",), seeds=7, missing=gone))
    html = write(made, tmp_path / "part").page.read_text()
    assert "Unfinished: verdicts wait for all seeds" in html
    colored = re.compile(r"class=\"[^\"]*v-(better|worse)")
    assert not colored.search(html)
    whole = make(Plan(arms=arms, tasks=("cifar10",), seeds=7))
    html = write(whole, tmp_path / "whole").page.read_text()
    assert "Use mixup" in html
    assert colored.search(html)


def test_a_plot_that_fails_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no <such> thing")

    monkeypatch.setattr(gallery, "cost_plot", broken)
    paths = write(make(Plan(arms=SMALL, tasks=("cifar10",), seeds=3)), tmp_path)
    assert len(paths.problems) == 1
    assert "the cost plot of cifar10" in paths.problems[0]
    assert (paths.tables / "effects.csv").exists()
    assert (paths.plots / "curves-cifar10.png").exists()
    assert "no &lt;such&gt; thing" in paths.page.read_text()


@pytest.mark.parametrize(
    "plan",
    [
        Plan(arms={"mixup": Planted(3)}, tasks=("cifar10",), seeds=1, processes=0, controls=False),
        Plan(arms={}, tasks=("cifar10",), seeds=2, controls=False),
        Plan(arms={"a": Planted(0, diverges=tuple(range(6)))}, tasks=("imdb",), seeds=6),
        Plan(arms={"<b>|$x_1$\n&%": Planted(1)}, tasks=("cifar10",), seeds=3, base=("batch_norm",)),
    ],
    ids=["one seed, no step times", "only a baseline", "all diverged", "odd names"],
)
def test_odd_studies_have_a_report(plan: Plan, tmp_path: Path) -> None:
    paths = write(make(plan), tmp_path)
    assert paths.problems == ()
    assert "<b>|" not in paths.page.read_text()
    assert paths.page.stat().st_size > 10_000


def test_an_arm_that_is_compared_with_another_than_the_baseline_says_so(tmp_path: Path) -> None:
    made = make(Plan(arms={"mixup": Planted(1), "cutmix": Planted(2)}, tasks=("imdb",), seeds=3))
    arms = [
        arm.model_copy(update={"reference": "cutmix"}) if arm.name == "mixup" else arm
        for arm in made.study.arms
    ]
    study = made.study.model_copy(update={"arms": tuple(arms)})
    paths = write_report(study, made.records, made.step_times, tmp_path, CARDS)
    assert paths.problems == ()
    assert "mixing · against cutmix" in paths.page.read_text()
    assert "mixup vs cutmix" in (paths.plots / "effect-imdb.svg").read_text()
    assert "| imdb | mixup | cutmix | 3 |" in (paths.tables / "decision.md").read_text()
    assert "mixup" not in (paths.plots / "cost-imdb.svg").read_text()


def test_a_setting_is_compared_with_the_baseline_at_the_same_setting(tmp_path: Path) -> None:
    names = ["mixup[learning_rate=0.0006]", "baseline[learning_rate=0.0006]"]
    made = make(Plan(arms={n: Planted(1) for n in names}, tasks=("imdb",), seeds=3))
    arms = [
        arm.model_copy(update={"reference": names[1]}) if arm.name == names[0] else arm
        for arm in made.study.arms
    ]
    study = made.study.model_copy(update={"arms": tuple(arms)})
    paths = write_report(study, made.records, made.step_times, tmp_path, CARDS)
    effect = (paths.plots / "effect-imdb.svg").read_text()
    assert f">{names[0]}<" in effect, "not cut, and without its reference"
    assert "vs its baseline[" in effect
    plain = write(make(Plan(arms=SMALL, tasks=("imdb",), seeds=3)), tmp_path / "plain")
    assert "vs its" not in (plain.plots / "effect-imdb.svg").read_text()
    assert "| strategy | seeds |" in (plain.tables / "decision.md").read_text()


def test_a_stack_without_a_member_is_named_by_what_is_left_out(tmp_path: Path) -> None:
    names = ["a_long_stack", "a_long_stack[without stochastic_depth]"]
    made = make(Plan(arms={n: Planted(1) for n in names}, tasks=("imdb",), seeds=3))
    arms = [
        arm.model_copy(update={"reference": names[0]}) if arm.name == names[1] else arm
        for arm in made.study.arms
    ]
    study = made.study.model_copy(update={"arms": tuple(arms)})
    paths = write_report(study, made.records, made.step_times, tmp_path, CARDS)
    effect = (paths.plots / "effect-imdb.svg").read_text()
    assert f">{names[1]}<" in effect
    assert "a[without b] vs a" in effect


def test_a_stack_is_of_all_its_families_and_its_row_can_wrap(tmp_path: Path) -> None:
    name = "mixup+label_smoothing[smoothing=<0.2>,alpha=1]"
    made = make(Plan(arms={name: Planted(1), "cutmix": Planted(0)}, tasks=("imdb",), seeds=3))
    page = write(made, tmp_path).page.read_text()
    assert 'data-family="mixing+targets"' in page
    assert "<small>mixing + targets</small>" in page
    assert page.count("<option>mixing</option>") == page.count("<option>targets</option>") == 1
    shown = "mixup+<wbr>label_smoothing<wbr>[smoothing=&lt;0.2&gt;,<wbr>alpha=1]"
    assert f'<span class="name">{shown}</span>' in page


def test_a_study_without_records_has_a_report(tmp_path: Path) -> None:
    made = make(Plan(arms=SMALL, tasks=("cifar10",), seeds=3))
    paths = write_report(made.study, [], [], tmp_path, CARDS)
    assert paths.problems == ()
    assert "Nothing to compare yet" in paths.page.read_text()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("a file is in the way")
    with pytest.raises(BenchError, match="tables"):
        write(make(Plan(arms=SMALL, tasks=("cifar10",), seeds=3)), tmp_path)


@pytest.mark.slow
def test_fifty_strategies_with_ten_seeds_stay_within_the_budget(tmp_path: Path) -> None:
    """In a process of its own: what other tests took of this one's memory is not the report's."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.report.footprint", str(tmp_path)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    taken = json.loads(done.stdout)
    assert taken["problems"] == []
    assert taken["seconds"] <= 20
    assert taken["page_bytes"] <= 3_000_000
    assert taken["peak_mb"] <= 1_500


def test_the_page_says_which_machine_measured_what(tmp_path: Path) -> None:
    made = make(Plan(arms=SMALL, tasks=("cifar10",), seeds=3))
    elsewhere = {"processor": "another <one>", "software": {"tensorflow": "2.20.0"}}
    first, *rest = made.records
    records = [first.model_copy(update={"environment": elsewhere}), *rest]
    page = write_report(made.study, records, made.step_times, tmp_path, CARDS).page.read_text()
    assert "another &lt;one&gt;" in page
    assert "Measured 1 trial<" in page
    timed = f" and {len(made.step_times)} step times" if made.step_times else ""
    assert f"Measured {len(rest)} trials{timed}<" in page
    assert page.index("a made-up machine") < page.index("another &lt;one&gt;")


def test_lost_records_never_cost_a_finished_study_its_tables(tmp_path: Path) -> None:
    made = make(Plan(arms={"mixup": Planted(1.0)}, tasks=("cifar10",), seeds=3))
    store, registry = Store(tmp_path), Registry({}, {}, {})
    store.write_study(made.study)
    for record in made.records[1:]:
        store.write(record)
    first = report_study(made.study, store, registry)
    assert "1 of 9 trials is missing" in first.problems
    store.write(made.records[0])
    assert report_study(made.study, store, registry).problems == ()
    archive = store.compact()
    whole = gzip.decompress(archive.read_bytes()).splitlines(keepends=True)
    tables = {path: path.read_bytes() for path in (tmp_path / "tables").iterdir()}
    damaged = gzip.compress(whole[0].replace(b"payload", b"paylord") + b"".join(whole[1:]))
    for data in (damaged, archive.read_bytes()[:-200], None):
        archive.unlink() if data is None else archive.write_bytes(data)
        with pytest.raises(BenchError, match=r"of 9 trials .* its tables are kept"):
            report_study(made.study, store, registry)
    assert tables == {path: path.read_bytes() for path in (tmp_path / "tables").iterdir()}


def test_damage_is_counted_by_what_was_read(tmp_path: Path) -> None:
    archive = tmp_path / "trials.jsonl.gz"
    (line,) = damage_lines([Damaged(archive, "its checksum does not hold")], 8)
    assert line.startswith("1 of 9 records of trials.jsonl.gz is damaged and left out")
    (line,) = damage_lines([Damaged(archive, CUT)], 8)
    assert "8 records before the damage were read" in line
