"""`bench null` on the committed studies, and where there is nothing to compare."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli.null import null
from bench.core.errors import BenchError, UsageError
from bench.storage.store import Store
from tests.bench.analysis import studies

RESULTS = Path(__file__).parents[3] / "results"


def test_baselines_of_committed_studies_agree(capsys: pytest.CaptureFixture[str]) -> None:
    null(["reference", "reference-batch-norm"], RESULTS)
    told = capsys.readouterr().out
    assert "reference, imdb baseline[A/A]: " in told
    assert "of 3 differ at 5%" in told


def written(folder: Path, drift: float) -> None:
    study = studies.study([studies.arm("baseline"), studies.AA], 6)
    store = Store(folder / study.name)
    store.write_study(study)
    for seed in range(6):
        for arm in study.arms:
            off = drift if arm.role == "control" else 0.0
            store.write(studies.record(arm, seed, 0.6 + seed / 500 + off + (seed * off % 0.003)))


def test_a_drift_fails_and_one_arm_is_a_usage_error(tmp_path: Path) -> None:
    written(tmp_path, 0.05)
    with pytest.raises(BenchError, match="differ from their baselines"):
        null(["test"], tmp_path)
    with pytest.raises(UsageError, match="no A/A arm"):
        null(["catalogue-imdb"], RESULTS)
