"""Set-up of all tests: real data only if it exists, and a cache that is not the user's."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests on real data if `TFDS_DATA_DIR` is not set."""
    if os.environ.get("TFDS_DATA_DIR"):
        return
    real = [item for item in items if item.get_closest_marker("real_data")]
    if real:
        config.hook.pytest_deselected(items=real)
        items[:] = [item for item in items if not item.get_closest_marker("real_data")]


@pytest.fixture(autouse=True, scope="session")
def _decoded_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep decoded data in pytest's own cache, from run to run; child processes find it too."""
    cache = getattr(request.config, "cache", None)  # none with `-p no:cacheprovider`
    folder = cache.mkdir("decoded-data") if cache else tmp_path_factory.mktemp("decoded-data")
    os.environ.setdefault("REGULARIZATION_BENCH_CACHE", str(folder))
