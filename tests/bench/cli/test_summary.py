"""The texts of `bench run` after it trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.analysis.analysis import analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.cli.summary import Ran, Typed, advice, described, requested_rows, summarize
from bench.core.study import Study
from bench.plugins.registry import Registry, find
from bench.report.report import ReportPaths
from bench.running.study_run import Measured
from bench.running.training_phase import Trained
from bench.storage.store import Store
from tests.bench.analysis import studies

ARMS = [studies.arm("baseline"), studies.arm("mixup"), studies.arm("cutmix")]
EMPTY = Registry({}, {}, {})
REGISTRY = find()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Make a run that requested mixup alone, in a study that has cutmix too."""
    study = studies.study(ARMS, 3)
    records = studies.records(study, {arm.name: [0.6, 0.61, 0.63] for arm in ARMS})
    analysis = analyse(
        study, trials_frame(study, records), curves_frame(records), step_times_frame([])
    )
    folder = tmp_path_factory.mktemp("summary")
    store = Store(folder)
    store.write_study(study)
    paths = ReportPaths(folder / "tables", folder / "plots", folder / "page", analysis, ())
    measured = Measured(Trained(1, 5, {}, False), {})
    return Ran(studies.study(ARMS[:2], 3), study, store, measured, paths)


def test_the_rows_shown_are_those_asked_for(ran: Ran, capsys: pytest.CaptureFixture[str]) -> None:
    study, analysis = requested_rows(ran)
    assert list(analysis.decision["arm"]) == ["mixup"]
    assert [arm.name for arm in study.arms] == ["baseline", "mixup"]
    summarize(ran, EMPTY, as_json=False)
    out = capsys.readouterr().out
    assert "images\tmixup" in out
    assert "cutmix" not in out
    assert "trials: 5 were measured before, 1 trained now" in out


def asked(**changes: object) -> Study:
    changes = {"family": (("cifar10", "mixup"),), "profile": "quick", **changes}
    return studies.study(ARMS[:1], 3, **changes)


@pytest.mark.parametrize(
    ("study", "words"),
    [
        (asked(data={"cifar10": "tfds:x", "imdb": "tfds:y"}), "make bench PROFILE=standard"),
        (asked(data={"cifar10": "tfds:x"}), "the same command with --profile standard"),
        (asked(data={"mine": "own:1"}), "the same command with --seeds 10"),
        (asked(data={"mine": "own:1"}, family=()), "none, this study declares no comparison"),
        (asked(synthetic=True), "none on stand-in data"),
    ],
    ids=["the suite's tasks", "one of them", "a user's own", "exploratory", "synthetic"],
)
def test_the_advice_fits_the_study(study: Study, words: str, tmp_path: Path) -> None:
    tasks = {**REGISTRY.tasks, "mine": _quick_only()}
    registry = REGISTRY._replace(tasks=tasks)
    store = Store(tmp_path)
    store.write_study(study)
    assert words in advice(study, store, registry)


def _quick_only() -> object:
    kind = type(REGISTRY.task("cifar10"))
    profiles = {"quick": kind.profiles["quick"]}
    return type("Mine", (kind,), {"profiles": profiles})()


@pytest.mark.parametrize(
    ("study", "typed", "words"),
    [
        (asked(synthetic=True), Typed(without_data=True), "set TFDS_DATA_DIR"),
        (asked(synthetic=True), Typed(generated=True, name=True), "out for the real data, and"),
        (asked(data={"cifar10": "tfds:x"}), Typed(name=True), "standard and another --name"),
        (asked(data={"cifar10": "tfds:x"}), Typed(seeds=True), "standard and --seeds 10"),
    ],
    ids=["no data here", "generated", "name", "seeds"],
)
def test_the_advice_fits_the_command(
    study: Study, typed: Typed, words: str, tmp_path: Path
) -> None:
    study = study.model_copy(update={"data": {"cifar10": study.data.get("cifar10", "synthetic:x")}})
    assert words in advice(study, Store(tmp_path), REGISTRY, typed)


def test_generated_data_of_a_plugin_has_no_real_data_to_advise(tmp_path: Path) -> None:
    study = asked(synthetic=True, data={"mine": "synthetic:mine"})
    registry = REGISTRY._replace(tasks={"mine": _quick_only()})
    said = advice(study, Store(tmp_path), registry, Typed(generated=True))
    assert said == "verdicts: none on stand-in data"


def test_where_all_trials_failed_the_advice_is_to_mend_that(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.fail("images--baseline--000", "crashed", "no memory")
    assert "all trials failed" in advice(asked(), store, REGISTRY)


def test_a_long_name_of_a_task_keeps_a_space_before_its_arm(tmp_path: Path) -> None:
    task = "folder-brokenclass"
    arm = studies.arm("baseline").model_copy(update={"task": task})
    study = asked().model_copy(update={"arms": (arm,), "data": {task: "x"}, "family": ()})
    assert f"  {task} baseline" in described(study, Store(tmp_path))
