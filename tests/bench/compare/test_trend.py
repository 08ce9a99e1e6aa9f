"""The history as series: values, their order, and changes between two studies."""

from __future__ import annotations

import numpy as np
import pytest

from bench.compare.trend import software_notes, studies, trend
from bench.report.plots.trend import trend_plot
from bench.storage.history import Line
from tests.bench.compare.lines import lines

ARMS = ("baseline", "mixup", "cutmix")


@pytest.fixture
def history() -> list[Line]:
    """Make three studies, the newest first in the file; the second has another TensorFlow."""
    random = np.random.default_rng(0)
    return [
        *lines("c", random, ARMS, created="2026-03", software={"tensorflow": "2"}, machine="m2"),
        *lines("a", random, ARMS, created="2026-01", software={"tensorflow": "1"}),
        *lines("b", random, ARMS, created="2026-02", software={"tensorflow": "2"},
               slower={"cutmix": 0.5}),
    ]  # fmt: skip


def test_the_oldest_study_comes_first(history: list[Line]) -> None:
    assert list(studies(history)) == ["a", "b", "c"]


def test_changes_of_the_environment_are_told_where_they_happened(history: list[Line]) -> None:
    assert software_notes(studies(history)) == {
        "a": "", "b": "tensorflow 1 -> 2", "c": "another machine",
    }  # fmt: skip


def test_a_point_is_a_mean_with_its_standard_error(history: list[Line]) -> None:
    rows = trend(studies(history))
    assert set(rows["metric"]) == {"accuracy", "baseline_step", "step_time", "memory"}
    scores = [100 * seed.accuracy for seed in history[4].seeds]
    point = rows[(rows["study"] == "a") & (rows["arm"] == "mixup") & (rows["metric"] == "accuracy")]
    assert point["value"].item() == pytest.approx(np.mean(scores))
    error = np.std(scores, ddof=1) / np.sqrt(10)
    assert point["high"].item() - point["value"].item() == pytest.approx(error)


def test_a_plot_marks_each_change_and_names_what_moved(history: list[Line]) -> None:
    found = studies(history)
    rows = trend(found)
    steps = rows[rows["metric"] == "step_time"]
    plot = trend_plot("images", "tfds:x:1", "step_time", steps, software_notes(found))
    assert plot.name == "trend-step_time-images-tfds-x-1"
    assert "b: tensorflow 1 -> 2; c: another machine" in plot.alt
    assert "1: tensorflow 1 -&gt; 2" in plot.svg
    assert "2: another machine" in plot.svg
    assert "the newest: cutmix 1.1" in plot.alt
    assert plot.png.startswith(b"\x89PNG")
