"""One Ray cluster at a time, also where the tests run in several processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock


@pytest.fixture(autouse=True)
def one_cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold a lock in the slow tests, which are those with Ray.

    Workers of two clusters on two cores start so slowly that Ray gives some of them up.
    """
    if "slow" not in request.keywords:
        yield
        return
    with FileLock(Path(tempfile.gettempdir()) / "bench-tests-ray.lock"):
        yield
