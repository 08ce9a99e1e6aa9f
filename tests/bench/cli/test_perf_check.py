from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.cli.perf_check import INCOMPARABLE, REGRESSION, main


def store(folder: Path, number: int, ratios: dict[str, float], processor: str = "A") -> None:
    run: dict[str, Any] = {
        "machine_info": {"machine": "x86_64", "cpu": {"brand_raw": processor}},
        "datetime": f"2026-01-{number:02d}T00:00:00",
        "benchmarks": [
            {"fullname": name, "extra_info": {"ratio": ratio}} for name, ratio in ratios.items()
        ]
        + [{"fullname": "test_loading", "extra_info": {}}],
    }
    path = folder / "Linux" / f"{number:04d}_run.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(run))


def test_an_arm_past_the_threshold_fails_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, ratio in enumerate((1.10, 1.12, 1.30), start=1):
        store(tmp_path, number, {"mixup": ratio, "cutmix": 1.05})
    assert main([str(tmp_path)]) == REGRESSION
    shown = capsys.readouterr().out
    assert "mixup: 1.300 of the baseline's step, was 1.110 (+17.1%; 2 stored)" in shown
    assert "cutmix:" not in shown
    assert "1 of 2 arms slower by more than 10%" in shown


def test_within_the_threshold_is_fine_and_the_threshold_can_be_set(tmp_path: Path) -> None:
    store(tmp_path, 1, {"mixup": 1.0})
    store(tmp_path, 2, {"mixup": 1.05})
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "0.02"]) == REGRESSION


def test_other_processors_are_not_compared(tmp_path: Path) -> None:
    store(tmp_path, 1, {"mixup": 1.0}, "B")
    store(tmp_path, 2, {"mixup": 2.0}, "A")
    assert main([str(tmp_path)]) == INCOMPARABLE


@pytest.mark.parametrize("content", ["", "[]", '{"benchmarks": []}', '{"benchmarks": [1]}'])
def test_what_is_no_run_is_wrong_usage(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    (tmp_path / "0001_x.json").write_text(content)
    assert main([str(tmp_path)]) == 2
    assert main([str(tmp_path), "much"]) == 2
    assert "0001_x.json is no run" in capsys.readouterr().err
