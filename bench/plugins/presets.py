"""Named stacks in common use: `strategies/presets.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple


class Preset(NamedTuple):
    """A named stack."""

    strategies: tuple[str, ...]
    why: str
    settings: Mapping[str, Mapping[str, bool | int | float | str]] = {}
    """Strategy -> the parameters that differ from its defaults."""


def presets() -> dict[str, Preset]:
    """Read the presets by name."""
    text = (files("strategies") / "presets.toml").read_text(encoding="utf-8")
    return {
        name: Preset(tuple(table["strategies"]), table["why"], table.get("settings", {}))
        for name, table in tomllib.loads(text).items()
    }
