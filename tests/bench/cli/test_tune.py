"""The next command that `bench tune` prints."""

from __future__ import annotations

from pathlib import Path

from bench.cli.tune import words


def test_options_are_written_as_they_are_typed_and_defaults_are_left_out() -> None:
    typed = {
        "--profile": ["quick"],
        "--tasks": ["stripes"],
        "--base": [None],
        "--set": ["recipe.steps=7", "mixup.alpha=1"],
        "--data": ["auto"],
        "--results": [Path("results")],
        "--plugin": [Path("my plugin.py")],
        "--data-dir": None,
    }
    assert words(typed) == (
        "--profile quick --tasks stripes --set recipe.steps=7 --set mixup.alpha=1 "
        "--plugin 'my plugin.py'"
    )
