"""The performance suite: `pytest tests/perf --benchmark-only`; else it is not collected."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the suite in ordinary test runs."""
    return None if config.getoption("benchmark_only", default=False) else True


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Set the threads of a trial before TensorFlow's first operation."""
    from bench.running.training_work import start_tensorflow

    start_tensorflow(1)
