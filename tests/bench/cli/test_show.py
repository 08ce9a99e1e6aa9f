"""The card of a strategy says what the studies in a folder measured of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.show import measured

EFFECTS = """task,arm,metric,effect,low,high,verdict,n
cifar10,mixup,test_accuracy,1.24,0.5,2.0,helps,10
cifar10,mixup,ece,-3.0,-4.0,-2.0,,10
cifar10,cutmix,test_accuracy,-2.0,-3.0,-1.0,hurts,10
imdb,mixup,test_accuracy,0.1,-0.4,0.6,equivalent,10
"""
TIMES = """task,arm,device,ratio
cifar10,mixup,CPU,1.012
cifar10,mixup,Some GPU,1.101
cifar10,cutmix,CPU,1.5
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    tables = tmp_path / "first" / "tables"
    tables.mkdir(parents=True)
    (tables / "effects.csv").write_text(EFFECTS)
    return tmp_path


def test_effect_of_each_task_with_the_cost_of_a_step_on_each_device(results: Path) -> None:
    (results / "first" / "tables" / "step_times.csv").write_text(TIMES)
    assert measured("mixup", results).splitlines()[2:] == [
        "  first, cifar10: test accuracy +1.2 points [+0.5, +2.0], 10 seeds, helps"
        "; step x1.01 (CPU), x1.10 (Some GPU)",
        "  first, imdb: test accuracy +0.1 points [-0.4, +0.6], 10 seeds, equivalent",
    ]


def test_without_step_times_and_without_a_study(results: Path) -> None:
    assert "-2.0 points [-3.0, -1.0], 10 seeds, hurts" in measured("cutmix", results)
    assert "; step" not in measured("cutmix", results)
    assert "nothing yet" in measured("sam", results)
