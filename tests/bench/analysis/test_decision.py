"""The decision table's tuned columns."""

from __future__ import annotations

import pytest

from bench.analysis.analysis import analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.core.record import Use
from tests.bench.analysis import studies


def test_tuned_effects_stand_beside_the_untuned_against_the_tuned_baseline() -> None:
    faster = {**studies.RECIPE, "learning_rate": 0.003}
    arms = [
        studies.arm("baseline"),
        studies.arm("a"),
        studies.arm("b"),
        studies.arm(
            "baseline[tuned]", strategies=(), recipe=faster, treatment=("recipe.learning_rate",)
        ),
        studies.arm(
            "a[tuned]", strategies=(Use(name="a"),), recipe=faster, reference="baseline[tuned]",
            treatment=("strategies", "recipe.learning_rate"),
        ),
    ]  # fmt: skip
    asked = studies.study(arms, 5)
    wiggle = [0.0, 0.01, -0.01, 0.005, -0.005]
    centers = {"baseline": 0.5, "a": 0.6, "b": 0.5, "baseline[tuned]": 0.57, "a[tuned]": 0.61}
    made = studies.records(asked, {n: [c + w for w in wiggle] for n, c in centers.items()})
    found = analyse(
        asked, trials_frame(asked, made), curves_frame(made), step_times_frame([])
    ).decision.set_index("arm")
    assert found.loc["a", "effect"] == pytest.approx(10.0)
    assert found.loc["a", "tuned_effect"] == pytest.approx(4.0)
    assert found.loc["b", "tuned_effect"] != found.loc["b", "tuned_effect"]  # none
    assert found.loc["baseline[tuned]", "effect"] == pytest.approx(7.0)
    assert "a[tuned]" not in found.index
