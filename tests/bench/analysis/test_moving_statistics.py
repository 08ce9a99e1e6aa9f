"""Both ways to have the moving statistics of an evaluation, from planted accuracies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis import pairing
from bench.analysis.frames import trials_frame
from bench.analysis.moving_statistics import moving_statistics
from bench.core.record import Record
from bench.core.study import Arm
from tests.bench.analysis import studies

BASE, MIXED, PLAIN = studies.arm("baseline"), studies.arm("mixup"), studies.arm("no_norm")
STUDY = studies.study([BASE, MIXED, PLAIN], 2)


def trial(arm: Arm, seed: int, accuracy: float, other: float | None, kind: str) -> Record:
    beside = None if other is None else studies.scores(other)
    recipe = {**studies.RECIPE, "statistics": kind}
    return studies.record(arm, seed, accuracy, other_statistics=beside, recipe=recipe)


def table(records: list[Record]) -> pd.DataFrame:
    study = STUDY.model_copy(
        update={
            "arms": tuple(a.model_copy(update={"recipe": records[0].recipe}) for a in STUDY.arms)
        }
    )
    trials = trials_frame(study, records)
    pairs = pairing.pair(trials, pairing.contrasts(study))
    return moving_statistics(study, trials, pairs).set_index("arm")


@pytest.mark.parametrize("kind", ["recalibrated", "moving"])
def test_each_way_has_its_accuracy_and_its_effect(kind: str) -> None:
    """(recalibrated, moving) by arm; whichever the recipe names is the trial's own accuracy."""
    truth = [(BASE, (0.60, 0.60)), (MIXED, (0.62, 0.61))]
    order = (0, 1) if kind == "recalibrated" else (1, 0)
    made = [
        trial(arm, seed, values[order[0]], values[order[1]], kind)
        for arm, values in truth
        for seed in (0, 1)
    ]
    made += [trial(PLAIN, seed, 0.5, None, kind) for seed in (0, 1)]
    rows = table(made)
    assert list(rows.index) == ["baseline", "mixup"], "a network without them has one evaluation"
    assert rows.loc["mixup", ["recalibrated", "moving"]].tolist() == pytest.approx([62, 61])
    effects = rows.loc["mixup", ["effect_recalibrated", "effect_moving"]]
    assert effects.tolist() == pytest.approx([2, 1])
    assert np.isnan(rows.loc["baseline", "effect_moving"])


def test_diverged_trials_do_not_count() -> None:
    made = [trial(BASE, seed, 0.6, 0.6, "recalibrated") for seed in (0, 1)]
    made += [trial(MIXED, 0, 0.62, 0.61, "recalibrated")]
    made += [studies.diverged(MIXED, 1).model_copy(update={"recipe": made[0].recipe})]
    rows = table(made)
    assert rows.loc["mixup", "n"] == 1
    assert rows.loc["mixup", "effect_moving"] == pytest.approx(1)
