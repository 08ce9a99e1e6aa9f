"""Errors for names that do not exist."""

from __future__ import annotations

from bench.core.errors import unknown


def test_an_unknown_name_is_told_the_nearest_and_all_where_they_are_few() -> None:
    text = str(unknown("strategy", "mixpu", ["mixup", "cutmix"]))
    assert text == "unknown strategy 'mixpu'; did you mean 'mixup'? (known: cutmix, mixup)"


def test_of_many_names_the_nearest_are_listed() -> None:
    names = [f"layer{number:03d}" for number in range(200)] + ["MixUp"]
    text = str(unknown("name", "Mixup", names))
    assert "did you mean 'MixUp'" in text
    assert text.endswith("and 193 more)")
    assert len(text) < 160
