"""One seed shows an effect, and nothing of how sure it is."""

from __future__ import annotations

from bench.analysis.analysis import analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from tests.bench.analysis import studies


def test_one_seed_has_no_interval() -> None:
    arms = [studies.arm("baseline"), studies.arm("mixup")]
    study = studies.study(arms, 1)
    records = studies.records(study, {"baseline": [0.6], "mixup": [0.62]})
    effects = analyse(
        study, trials_frame(study, records), curves_frame(records), step_times_frame([])
    ).effects
    row = effects[effects["metric"] == "test_accuracy"].iloc[0]
    assert (row["n"], round(row["effect"], 6)) == (1, 2.0)
    assert effects[["low", "high"]].isna().all(axis=None)
