"""A/A comparisons that can fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.analysis.frames import trials_frame
from bench.analysis.null import agreement, null_comparisons
from tests.bench.analysis import studies

ARMS = [studies.arm("baseline"), studies.arm("a"), studies.AA]


def compared(random: np.random.Generator, drift: float = 0.0, name: str = "test") -> pd.DataFrame:
    """Compare an A/A arm of 10 trials that is off by `drift` standard deviations of a trial."""
    study = studies.study(ARMS, 10, name=name)
    base = random.normal(0.6, 0.01, 10)
    values = {
        "baseline": base + random.normal(0, 0.005, 10),
        "a": base + 0.03 + random.normal(0, 0.005, 10),
        "baseline[A/A]": base + random.normal(drift * 0.005, 0.005, 10),
    }
    made = studies.records(study, {arm: value.tolist() for arm, value in values.items()})
    renamed = [record.model_copy(update={"study": name}) for record in made]
    return null_comparisons(study, trials_frame(study, renamed))


def test_baselines_that_differ_by_chance_agree() -> None:
    random = np.random.default_rng(1)
    frames = [compared(random, name=f"s{number}") for number in range(25)]
    found = agreement(frames)
    assert found.comparisons == 25
    assert found.false_findings <= 4
    assert found.holds
    assert set(frames[0]["arm"]) == {"baseline[A/A]"}


def test_a_drift_between_the_two_is_found() -> None:
    """Random splits of one arm showed 5% of false findings even for five standard deviations."""
    random = np.random.default_rng(2)
    assert not agreement([compared(random, drift=5)]).holds
    frames = [compared(random, drift=1, name=f"s{number}") for number in range(12)]
    assert not agreement(frames).holds


def test_the_smallest_of_several_p_counts_as_often_as_there_are_arms() -> None:
    """Bonferroni for each study and task; Fisher's p of one comparison is its own."""
    rows = pd.DataFrame({"study": ["s"] * 3, "task": ["images"] * 3, "p": [0.03, 0.4, 0.9]})
    found = agreement([rows])
    assert (found.comparisons, found.false_findings) == (1, 0)
    assert found.p == pytest.approx(0.09)
    assert agreement([rows.assign(p=0.6)]).p == pytest.approx(1.0)


def test_without_controls_there_is_nothing_to_compare() -> None:
    study = studies.study(ARMS[:2], 3)
    made = studies.records(study, {"baseline": [0.6] * 3, "a": [0.6] * 3})
    rows = null_comparisons(study, trials_frame(study, made))
    assert rows.empty
    assert agreement([rows]).comparisons == 0
    assert agreement([]).p == pytest.approx(1.0)
