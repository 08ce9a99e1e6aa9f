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


def test_where_tuned_against_tuned_is_declared_the_default_effect_is_secondary() -> None:
    """Batch normalization lost 2.7 points at the baseline's learning rate, and gained 4.6 at its own."""
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
    asked = studies.study(arms, 6, family=(("images", "a[tuned]"),))
    wiggle = [0.0, 0.004, -0.004, 0.002, -0.002, 0.001]
    centers = {"baseline": 0.5, "a": 0.47, "b": 0.5, "baseline[tuned]": 0.55, "a[tuned]": 0.60}
    made = studies.records(
        asked, {n: [c + w * (1 + len(n) / 9) for w in wiggle] for n, c in centers.items()}
    )
    times = [studies.step_time("a", process, 1.3) for process in range(5)]
    found = analyse(
        asked, trials_frame(asked, made), curves_frame(made), step_times_frame(times)
    ).decision.set_index("arm")
    assert "a" not in found.index
    row = found.loc["a[tuned]"]
    assert row["effect"] == pytest.approx(5.0, abs=0.2)
    assert row["default_effect"] == pytest.approx(-3.0, abs=0.2)
    assert (row["family"], row["verdict"]) == ("confirmatory", "better by more than the margin")
    assert row["tuned_effect"] != row["tuned_effect"]  # none
    assert row["step_time_ratio"] == pytest.approx(1.3)
    assert found.loc["b", "family"] == "exploratory"
    assert found.loc["b", "default_effect"] != found.loc["b", "default_effect"]
