"""Seeds of a study's own, and effects that earlier studies showed on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.core.errors import UsageError
from bench.core.study import Arm, Study
from bench.plugins.registry import Registry
from bench.running import growth, seeds
from bench.running.growth import grown
from bench.running.seeds import check_fresh, draw, seeds_text, studies_in
from bench.storage.store import Store
from tests.bench.analysis import studies

ARMS = [studies.arm("baseline"), studies.arm("mixup"), studies.arm("cutmix")]
EMPTY = Registry({}, {}, {})
MIXUP = (("images", "mixup"),)


def study(name: str, seeds: int = 6, first_seed: int = 0, **changes: object) -> Study:
    return studies.study(ARMS, seeds, name=name, first_seed=first_seed, **changes)  # type: ignore[arg-type]


def measured(results: Path, made: Study, arms: Sequence[Arm] = ARMS) -> Store:
    store = Store(results / made.name)
    store.write_study(made)
    for seed in made.seed_range():
        for arm in arms:
            store.write(studies.record(arm, seed, study=made.name))
    return store


def shown(results: Path, asked: Study) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return arm -> the study that showed its effect, and the seeds."""
    found = grown(Store(results / asked.name), asked, EMPTY).study.seen
    return {effect.arm: (effect.study, effect.seeds) for effect in found}


def test_a_drawn_seed_is_free_of_every_other_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "PLACES", 3)
    taken = [range(1000, 1010), range(3001, 3002)]
    assert {draw(taken, 10) for _ in range(20)} == {2000}
    assert {draw([], 10) for _ in range(200)} == {1000, 2000, 3000}


def test_what_was_seen_on_the_same_seeds_is_said(tmp_path: Path) -> None:
    measured(tmp_path, study("screen"))
    first = set(range(6))
    asked = study("again", 3, 4)
    assert shown(tmp_path, asked) == {"mixup": ("screen", (4, 5)), "cutmix": ("screen", (4, 5))}
    assert shown(tmp_path, study("fresh", 6, 6)) == {}
    assert set(shown(tmp_path, study("all"))["mixup"][1]) == first


@pytest.mark.parametrize(
    "changes",
    [{"recipe": {**studies.RECIPE, "steps": 7}}, {"strategies": ARMS[2].strategies}],
    ids=["another recipe", "another strategy"],
)
def test_another_question_was_not_seen(tmp_path: Path, changes: dict[str, object]) -> None:
    measured(tmp_path, study("screen"), ARMS[:2])
    arms = (ARMS[0], ARMS[1].model_copy(update=changes))
    asked = study("again").model_copy(update={"arms": arms})
    assert shown(tmp_path, asked) == {}


def test_other_data_is_another_question(tmp_path: Path) -> None:
    measured(tmp_path, study("screen"))
    assert shown(tmp_path, study("again", data={"images": "tfds:cifar10:4.0.0"})) == {}


def test_an_arm_of_another_name_asks_the_same(tmp_path: Path) -> None:
    measured(tmp_path, study("screen"))
    arms = (ARMS[0], ARMS[1].model_copy(update={"name": "mixup[alpha=0.2]"}))
    asked = study("again").model_copy(update={"arms": arms})
    assert shown(tmp_path, asked)["mixup[alpha=0.2]"] == ("screen", tuple(range(6)))


def test_a_declared_comparison_refuses_seeds_that_showed_it(tmp_path: Path) -> None:
    measured(tmp_path, study("screen"))
    with pytest.raises(UsageError, match=r"screen.*mixup on images on seeds 0 to 5") as raised:
        grown(Store(tmp_path / "confirm"), study("confirm", family=MIXUP), EMPTY)
    assert "\n" not in str(raised.value)
    grown(Store(tmp_path / "confirm"), study("confirm", first_seed=6, family=MIXUP), EMPTY)
    grown(Store(tmp_path / "smoke"), study("smoke", 3, family=MIXUP), EMPTY)
    grown(Store(tmp_path / "other"), study("other", family=(("images", "sam"),)), EMPTY)


def test_a_sequential_study_asks_for_seeds_to_come_too(tmp_path: Path) -> None:
    measured(tmp_path, study("screen", 2, 10))
    asked = study("confirm", 3, 0, family=MIXUP, sequential=True)
    with pytest.raises(UsageError, match="seeds 10 to 11"):
        grown(Store(tmp_path / "confirm"), asked, EMPTY)


def test_a_study_goes_on_with_seeds_that_another_has_looked_at_since(tmp_path: Path) -> None:
    confirm = study("confirm", 6, family=MIXUP)
    store = measured(tmp_path, confirm)
    measured(tmp_path, study("later", 8))
    assert grown(store, confirm, EMPTY).study == confirm
    with pytest.raises(UsageError, match=r"later.*seeds 6 to 7"):
        grown(store, study("confirm", 8, family=MIXUP), EMPTY)


def test_a_sequential_study_has_not_seen_its_own_seeds(tmp_path: Path) -> None:
    made = study("confirm", 3, family=MIXUP, sequential=True)
    store = measured(tmp_path, made)
    for seed in range(3, 10):
        store.write(studies.record(ARMS[1], seed, study="confirm"))
    assert grown(store, made, EMPTY).study == made


def test_what_was_not_trained_was_not_seen(tmp_path: Path) -> None:
    Store(tmp_path / "declared").write_study(study("declared"))
    assert shown(tmp_path, study("again")) == {}


def test_synthetic_studies_are_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth, "studies_in", None)
    asked = study("again", synthetic=True)
    assert grown(Store(tmp_path / "again"), asked, EMPTY).study == asked


def test_a_damaged_study_is_passed_over(tmp_path: Path) -> None:
    measured(tmp_path / "map", study("screen"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "study.json").write_text("{}")
    assert [made.name for made, _ in studies_in(tmp_path)] == ["screen"]


def test_seeds_in_words() -> None:
    assert seeds_text([3]) == "seed 3"
    assert seeds_text(range(7, 10)) == "seeds 7 to 9"
    assert seeds_text([5, 0, 2]) == "seeds 0, 2, 5"
    check_fresh(study("x", family=MIXUP), [])
