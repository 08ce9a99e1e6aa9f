"""Plugins: public names, and one clear line where an import is of another version."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import bench
from bench import UsageError
from bench.plugins.registry import plugin_module

ROOT = Path(__file__).parents[3]


def test_every_public_name_is_listed_once_and_can_be_imported() -> None:
    homes = [name for names in bench.HOMES.values() for name in names]
    assert sorted(homes) == sorted(bench.__all__)
    for module, names in bench.HOMES.items():
        for name in names:
            assert getattr(bench, name) is getattr(importlib.import_module(module), name)


def test_strategies_use_public_names_only() -> None:
    for path in (ROOT / "strategies").glob("*.py"):
        assert "from bench." not in path.read_text(), path.name


@pytest.mark.parametrize(
    "line",
    ["from bench.strategy import Strategy", "import bench.task", "from bench import Outcome"],
)
def test_an_import_of_an_earlier_version_says_the_new_one(line: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"import os\n{line}\n")
    with pytest.raises(UsageError, match=r"\(line 2\); .*`from bench import ...` \(Outcome is now"):
        plugin_module(path)
