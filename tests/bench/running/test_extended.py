"""A study that grows after its verdicts could be seen says so."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.core.study import Study
from bench.report.headings import headings, origin
from bench.running.plan import extended
from bench.storage.store import Store
from tests.bench.analysis import studies

ARMS = [studies.arm("baseline"), studies.arm("mixup")]
FAMILY = (("images", "mixup"),)


def asked(seeds: int, **changes: object) -> Study:
    return studies.study(ARMS, seeds, **{"family": FAMILY, **changes})


def measured(folder: Path, study: Study, drop: int = 0) -> Store:
    store = Store(folder / "test")
    store.write_study(study)
    values = {arm.name: [0.6 + seed / 100 for seed in range(study.seeds)] for arm in ARMS}
    for record in studies.records(study, values)[drop:]:
        store.write(record)
    return store


def test_seeds_added_to_a_judged_study_are_said_in_every_heading(tmp_path: Path) -> None:
    store = measured(tmp_path, asked(6))
    grown = extended(store, asked(10))
    assert (grown.seeds, grown.seeds_before) == (10, (6,))
    store.write_study(grown)
    assert extended(store, asked(20)).seeds_before == (6,), "10 seeds were not whole yet"
    none = pd.DataFrame(columns=["task", "arm", "gap", "warning"])
    assert any("WARNING: seeds were added" in line for line in headings(grown, none))
    assert "seeds added: 6, then 10" in origin(grown, none, "images").caption, "every plot's foot"
    assert not any("WARNING" in line for line in headings(asked(10), none))
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
