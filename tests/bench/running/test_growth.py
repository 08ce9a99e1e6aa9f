"""A stored study that grows: more seeds after a verdict, edited code, a renamed or finished one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.core.errors import UsageError
from bench.core.record import file_stem
from bench.core.study import Arm, Study
from bench.plugins.registry import Registry
from bench.report.headings import headings, origin
from bench.running import growth
from bench.running.growth import check_code, check_open, grown, replace_edited
from bench.storage.store import Store
from tests.bench.analysis import studies

ARMS = [studies.arm("baseline"), studies.arm("mixup")]
FAMILY = (("images", "mixup"),)
EMPTY = Registry({}, {}, {})


def asked(seeds: int, **changes: object) -> Study:
    return studies.study(ARMS, seeds, **{"family": FAMILY, **changes})


def measured(folder: Path, study: Study, drop: int = 0) -> Store:
    store = Store(folder / "test")
    store.write_study(study)
    values = {arm.name: [0.6 + seed / 100 for seed in range(study.seeds)] for arm in ARMS}
    for record in studies.records(study, values)[drop:]:
        store.write(record)
    return store


def extended(store: Store, request: Study) -> Study:
    return grown(store, request, EMPTY).study


def test_seeds_added_to_a_judged_study_are_said_in_every_heading(tmp_path: Path) -> None:
    store = measured(tmp_path, asked(6))
    larger = extended(store, asked(10))
    assert (larger.seeds, larger.seeds_before) == (10, (6,))
    store.write_study(larger)
    assert extended(store, asked(20)).seeds_before == (6,), "10 seeds were not whole yet"
    none = pd.DataFrame(columns=["task", "arm", "gap", "warning"])
    assert any(
        "eeds were added after verdicts could be seen" in line for line in headings(larger, none)
    )
    assert "seeds added: 6, then 10" in origin(larger, none, "images").caption, "every plot's foot"
    assert not any("were added" in line for line in headings(asked(10), none))
    assert "seeds added" not in origin(asked(10), none, "images").caption


def test_asking_again_for_what_is_there_is_no_growth(tmp_path: Path) -> None:
    store = measured(tmp_path, asked(6))
    assert extended(store, asked(6)).seeds_before == ()
    assert extended(store, asked(5)).seeds_before == ()


@pytest.mark.parametrize(
    ("study", "drop"),
    [
        (asked(6), 1),
        (asked(4), 0),
        (asked(6, family=()), 0),
        (asked(6, sequential=True), 0),
    ],
    ids=["not whole", "smoke run", "nothing declared", "looks are planned"],
)
def test_who_saw_no_verdict_may_add_seeds(tmp_path: Path, study: Study, drop: int) -> None:
    store = measured(tmp_path, study, drop)
    assert extended(store, study.model_copy(update={"seeds": 12})).seeds_before == ()


# --- edited code ---


def coded(seeds: int, mixup: str, **changes: object) -> Study:
    """Make a study whose arm mixup has some code."""
    code = {"suite": "1", "task images": "t"}
    arms = [
        ARMS[0].model_copy(update={"code": code}),
        ARMS[1].model_copy(update={"code": {**code, "strategy mixup": mixup}}),
    ]
    return asked(seeds, **changes).model_copy(update={"arms": tuple(arms)})


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> dict[str, Study]:
    """Return the study with its current code, in place of a registry."""
    now: dict[str, Study] = {}

    def with_code(study: Study, _: Registry) -> Study:
        codes = {arm.name: arm.code for arm in now["study"].arms}
        arms = (arm.model_copy(update={"code": codes[arm.name]}) for arm in study.arms)
        return study.model_copy(update={"arms": tuple(arms)})

    monkeypatch.setattr(growth, "with_code", with_code)
    return now


def code_of(study: Study, name: str = "mixup") -> dict[str, str]:
    return study.arm("images", name).code


def test_measurements_of_edited_code_are_not_taken_for_those_of_the_new(
    tmp_path: Path, present: dict[str, Study]
) -> None:
    store = measured(tmp_path, coded(6, "old"))
    store.write(studies.step_time("mixup", 0, 1.1))
    present["study"] = coded(6, "new")
    growing = grown(store, coded(6, "new"), EMPTY)
    assert dict(growing.edited) == {("images", "mixup"): ["strategy mixup"]}
    with pytest.raises(UsageError, match=r"strategy mixup was edited .* --retry changed") as raised:
        replace_edited(store, growing, retrain=False)
    assert "\n" not in str(raised.value)
    with pytest.raises(UsageError, match="strategy mixup was edited"):
        check_code(coded(6, "old"), EMPTY)
    assert len(store.names()) == 12, "nothing was moved"

    study = replace_edited(store, growing, retrain=True)
    assert code_of(study)["strategy mixup"] == "new"
    assert study.family == (), "its verdict was seen before the edit"
    assert {trial.arm.name for trial in store.missing(study)} == {"mixup"}
    assert store.names("step_time") == set()
    kept = sorted(path.name for path in (store.folder / "trials" / "replaced").iterdir())
    assert kept == [f"images--mixup--{seed:03d}.json" for seed in range(6)]


def test_an_edit_before_the_verdict_keeps_the_declaration(
    tmp_path: Path, present: dict[str, Study]
) -> None:
    store = measured(tmp_path, coded(6, "old"), drop=1)
    present["study"] = coded(6, "new")
    study = replace_edited(store, grown(store, coded(6, "new"), EMPTY), retrain=True)
    assert study.family == FAMILY


def test_an_arm_that_only_failed_takes_its_new_code_and_runs_again(
    tmp_path: Path, present: dict[str, Study]
) -> None:
    store = Store(tmp_path / "test")
    store.write_study(coded(1, "old"))
    store.fail("images--mixup--000", "raised", "a bug")
    others = {"images--mixup+cutmix--000", "images--mixup--x--000"}
    for name in others:
        store.fail(name, "raised", "another arm's")
    present["study"] = coded(1, "new")
    study = replace_edited(store, grown(store, coded(1, "new"), EMPTY), retrain=False)
    assert code_of(study)["strategy mixup"] == "new"
    assert set(store.failures()) == others


def test_a_study_without_code_takes_that_of_now(tmp_path: Path, present: dict[str, Study]) -> None:
    store = measured(tmp_path, asked(6))
    present["study"] = coded(6, "new")
    growing = grown(store, coded(6, "new"), EMPTY)
    assert growing.edited == {}
    assert code_of(replace_edited(store, growing, retrain=False))["strategy mixup"] == "new"


# --- folders ---


def test_a_renamed_folder_is_not_written_to(tmp_path: Path) -> None:
    store = measured(tmp_path, asked(6))
    store.folder.rename(tmp_path / "other")
    with pytest.raises(UsageError, match=r"holds the study 'test'.*rename it to 'test'"):
        grown(Store(tmp_path / "other"), asked(6, name="other"), EMPTY)


def test_a_finished_study_is_opened_before_it_is_written_to(tmp_path: Path) -> None:
    store = measured(tmp_path, asked(6))
    check_open(store)
    store.compact()
    before = store.records()
    with pytest.raises(UsageError, match=r"finished study.*--undo"):
        check_open(store)
    store.expand()
    check_open(store)
    assert store.records() == before
    assert before.records


def test_arms_have_the_same_begin_as_their_files() -> None:
    arm = Arm(task="images", name="mixup[alpha=0.4]", recipe={})
    trial = studies.study([arm], 1).trials()[0]
    assert trial.name == file_stem("images", arm.name) + "000"
