"""The table of ways to predict, from planted scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.analysis import pairing
from bench.analysis.frames import trials_frame
from bench.analysis.predictions import predictions
from bench.core.record import Record
from bench.core.study import Arm
from tests.bench.analysis import studies

BASE, MIXED = studies.arm("baseline"), studies.arm("mixup")
STUDY = studies.study([BASE, MIXED], 3)


def trial(arm: Arm, seed: int, accuracy: float, other: float | None, ece: float = 0.1) -> Record:
    ways = (
        {} if other is None else {"mirrored": studies.scores(other).model_copy(update={"ece": ece})}
    )
    return studies.record(arm, seed, accuracy, predictions=ways)


def table(records: list[Record]) -> pd.DataFrame:
    trials = trials_frame(STUDY, records)
    pairs = pairing.pair(trials, pairing.contrasts(STUDY))
    return predictions(STUDY, trials, pairs).set_index(["arm", "prediction"])


def test_each_way_has_its_accuracy_its_gain_and_its_effect() -> None:
    gains = [0.01, 0.02, 0.06]
    made = [trial(BASE, seed, 0.60, 0.60 + gain) for seed, gain in enumerate(gains)]
    made += [trial(MIXED, seed, 0.65, 0.66, ece=0.05) for seed in range(3)]
    rows = table(made)
    base, mixed = rows.loc["baseline", "mirrored"], rows.loc["mixup", "mirrored"]
    assert (base["n"], base["accuracy"], base["gain"]) == pytest.approx((3, 63, 3))
    half = stats.t.isf(0.025, 2) * np.std([1, 2, 6], ddof=1) / 3**0.5
    assert (base["low"], base["high"]) == pytest.approx((3 - half, 3 + half))
    assert (mixed["effect"], mixed["effect_ece"]) == pytest.approx((3, -0.05))
    plain = rows.loc["mixup", "plain"]
    assert (plain["accuracy"], plain["gain"], plain["effect"]) == pytest.approx((65, 0, 5))
    assert np.isnan(base["effect"])


def test_an_arm_to_which_a_way_does_not_apply_predicts_plainly() -> None:
    made = [trial(BASE, seed, 0.6, None) for seed in range(3)]
    made += [trial(MIXED, seed, 0.6, 0.7) for seed in range(2)]
    made += [studies.diverged(MIXED, 2)]
    rows = table(made)
    assert rows.index.tolist() == [
        ("baseline", "plain"), ("mixup", "plain"), ("mixup", "mirrored")
    ]  # fmt: skip
    assert rows.loc["mixup", "mirrored"]["n"] == 2
    assert rows.loc["mixup", "mirrored"]["effect"] == pytest.approx(10)  # beside the plain baseline


def test_a_study_without_further_ways_has_no_table() -> None:
    assert table([trial(BASE, 0, 0.6, None)]).empty
