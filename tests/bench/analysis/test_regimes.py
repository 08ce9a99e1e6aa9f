from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis.frames import trials_frame
from bench.analysis.regimes import check, differing, regimes
from bench.core.errors import UsageError
from bench.core.study import Study
from tests.bench.analysis import studies

SEEDS = 6


def planted(name: str, examples: int, steps: int, points: float) -> tuple[Study, pd.DataFrame]:
    """Make a study of one regime in which mixup changes the accuracy by a number of points."""
    recipe = {**studies.RECIPE, "train_examples": examples, "steps": steps}
    arms = [studies.arm(arm, recipe=recipe) for arm in ("baseline", "mixup")]
    family = (("images", "mixup"),)
    study = studies.study(arms, SEEDS, name=name, family=family)
    random = np.random.default_rng(examples + steps)
    records = []
    for seed in range(SEEDS):
        level = random.normal(0.6, 0.01)
        change = points / 100 + random.normal(0, 0.002)
        for arm, accuracy in zip(arms, (level, level + change), strict=True):
            records.append(studies.record(arm, seed, accuracy, study=name))
    return study, trials_frame(study, records)


def mapped(*made: tuple[Study, pd.DataFrame]) -> pd.DataFrame:
    return regimes([study for study, _ in made], {study.name: trials for study, trials in made})


FOUR = [
    planted("d", 16_000, 300, 3.0),
    planted("a", 4_000, 300, -2.0),
    planted("b", 4_000, 1_200, 0.0),
    planted("c", 16_000, 1_200, 5.0),
]


def test_regimes_are_ordered_by_their_values_and_find_what_was_planted() -> None:
    table = mapped(*FOUR)
    assert differing([study for study, _ in FOUR], "images") == ["steps", "train_examples"]
    assert table["regime"].tolist() == [
        "300 / 4,000", "300 / 16,000", "1,200 / 4,000", "1,200 / 16,000",
    ]  # fmt: skip
    assert table["effect"].tolist() == pytest.approx([-2.0, 3.0, 0.0, 5.0], abs=0.3)
    assert table["gap"].tolist() == pytest.approx([20.0] * 4)
    assert set(table["n"]) == {SEEDS}


def test_intervals_are_for_one_cell_alone_although_a_family_was_declared() -> None:
    """Over trials and test examples: wider than the paired t over trials."""
    study, trials = FOUR[0]
    one = mapped(*FOUR).set_index("study").loc["d"]
    accuracy = trials.pivot(index="seed", columns="arm", values="test_accuracy")
    d = 100 * (accuracy["mixup"] - accuracy["baseline"])
    half = 2.5706 * d.std() / np.sqrt(SEEDS)  # t(0.975, 5)
    assert one["high"] - d.mean() == pytest.approx(d.mean() - one["low"])
    assert half < one["high"] - d.mean() < 4 * half
    assert study.family


def test_a_cell_says_something_only_if_it_survives_the_map() -> None:
    table = mapped(*FOUR)
    assert table["survives"].tolist() == (table["p_adjusted"] < 0.05).tolist()
    assert table["survives"].tolist() == [True, True, False, True]
    mean = table["effect"].mean()
    assert ((table["shrunk"] - mean).abs() < (table["effect"] - mean).abs()).all()


def test_the_adjustment_is_over_the_whole_map() -> None:
    table = mapped(*FOUR)
    worst = table["p"].idxmax()
    assert table.loc[worst, "p_adjusted"] == pytest.approx(table.loc[worst, "p"])
    smallest = table["p"].idxmin()
    assert table.loc[smallest, "p_adjusted"] >= table.loc[smallest, "p"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": {"images": "tfds:cifar10:9.9.9"}}, "the data of images"),
        ({"settings": {"precision": "mixed_bfloat16", "xla": False}}, "the settings"),
        ({"base": ({"name": "batch_norm"},)}, "the base"),
    ],
)
def test_studies_that_differ_in_more_than_the_recipe_are_refused(changes: dict, told: str) -> None:
    first, second = FOUR[0][0], FOUR[1][0]
    other = Study.model_validate({**second.model_dump(), **changes})
    with pytest.raises(UsageError, match=f"differ in {told}"):
        check([first, other])


def test_one_study_is_no_map_and_two_equal_ones_neither() -> None:
    with pytest.raises(UsageError, match="two studies at the least"):
        check([FOUR[0][0]])
    again = planted("again", 4_000, 300, 1.0)
    with pytest.raises(UsageError, match="same regime of images"):
        mapped(*FOUR, again)
