"""Shares of changed pictures and changed areas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.audit.augmentation import changes, drawn_each_call
from bench.audit.calling import Pictures, caller
from bench.audit.probes import Range, pictures
from bench.audit.subject import found as subject
from bench.plugins.registry import find

HERE = str(Path(__file__).parent / "implementations.py")
BYTES = Range(0.0, 255.0)


def erasing(side: int, share: float = 1.0) -> Callable[[Pictures], Pictures]:
    """Blank a square around any pixel of a share of the pictures."""
    random = np.random.default_rng(0)

    def call(batch: Pictures) -> Pictures:
        images = batch.images.copy()
        for image in images[: round(share * len(images))]:
            row, column = random.integers(0, images.shape[1], 2) - side // 2
            image[max(row, 0) : row + side, max(column, 0) : column + side] = 0.0
        return Pictures(images, batch.labels)

    return call


def verdicts(call: Any, technique: str) -> list[str]:
    found = changes(call, find().strategy(technique)(), 64, BYTES)
    assert [one.check for one in found] == ["share of changed pictures", "area changed"]
    return [one.verdict for one in found]


@pytest.mark.parametrize(("side", "verdict"), [(16, "agrees"), (12, "differs"), (20, "differs")])
def test_smaller_and_larger_areas_differ(side: int, verdict: str) -> None:
    assert verdicts(erasing(side), "cutout") == ["agrees", verdict]


@pytest.mark.parametrize(("share", "verdict"), [(0.5, "agrees"), (1.0, "differs")])
def test_a_probability_is_held_against_the_share_of_changed_pictures(
    share: float, verdict: str
) -> None:
    assert verdicts(erasing(16, share), "random_erasing")[0] == verdict


@pytest.mark.parametrize(("name", "verdict"), [("square", "agrees"), ("numpy_square", "differs")])
def test_a_place_that_is_drawn_once_a_trace_differs(name: str, verdict: str) -> None:
    probe = pictures(16, 16, BYTES, 0)
    call = caller(subject(f"{HERE}:{name}", {}), probe, mixes=False)
    assert drawn_each_call(call, probe, BYTES).verdict == verdict


def test_a_schedule_is_looked_at_where_it_is_strongest_too() -> None:
    """In the middle of a training GridMask changes half of the pictures, at the end 80%."""
    call: Any = erasing(16, 0.8)
    masked = changes(call, find().strategy("grid_mask")(), 64, BYTES)[0]
    assert 70 < int(masked.expected.strip("%")) <= 80
    assert masked.verdict == "agrees"
