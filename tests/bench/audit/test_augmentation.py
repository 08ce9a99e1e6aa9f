"""Shares of changed pictures and changed areas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.audit.augmentation import changes
from bench.audit.calling import Pictures
from bench.plugins.registry import find


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
    found = changes(call, find().strategy(technique)(), 64, 255.0)
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
