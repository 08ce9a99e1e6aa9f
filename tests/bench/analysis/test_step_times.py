from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.frames import step_times_frame
from bench.analysis.step_times import geometric_mean, headline, summary
from tests.bench.analysis import studies


def test_ratio_is_the_geometric_mean_over_processes() -> None:
    made = [studies.step_time("mixup", i, ratio) for i, ratio in enumerate((1.0, 1.1, 1.21))]
    row = summary(step_times_frame(made)).iloc[0]
    assert row["ratio"] == pytest.approx(1.1)
    assert row["median_ratio"] == pytest.approx(1.1)
    assert row["low"] * row["high"] == pytest.approx(1.1**2)
    assert row["processes"] == 3
    assert row["memory_ratio"] == pytest.approx(1.1)


def test_one_process_has_no_interval() -> None:
    ratio, low, high = geometric_mean(np.array([1.2]))
    assert ratio == pytest.approx(1.2)
    assert np.isnan([low, high]).all()


def test_coverage_over_processes() -> None:
    random = np.random.default_rng(2)
    found = [geometric_mean(np.exp(random.normal(0, 0.02, 5))) for _ in range(3000)]
    assert 0.93 < np.mean([low < 1 < high for _, low, high in found]) < 0.97


@pytest.mark.parametrize(
    "changes", [{"machine": "m2"}, {"device": "GPU"}, {"settings": {"xla": 1}}]
)
def test_places_are_never_mixed(changes: dict[str, object]) -> None:
    made = [studies.step_time("mixup", i, 1.1) for i in range(3)]
    made += [studies.step_time("mixup", 3, 2.0, **changes)]
    table = summary(step_times_frame(made))
    assert sorted(table["ratio"]) == pytest.approx([1.1, 2.0])
    assert headline(table)["ratio"].tolist() == pytest.approx([1.1])
