"""GridMask against the masks of 2001.04086, section 3, drawn by loops."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from bench import Batch
from strategies._schedule import ramped
from strategies.grid_mask import GridMask, grid
from tests.strategies.moments import moment


def stripes(height: int, width: int, unit: int, shift: tuple[int, int], ratio: float) -> np.ndarray:
    """Rows and columns of ceil(ratio unit) pixels, one for each unit, are kept."""
    kept = np.zeros((height, width), bool)
    wide = int(np.ceil(np.float32(ratio) * np.float32(unit)))
    for row in range(shift[0] - unit, height, unit):
        kept[max(row, 0) : max(row + wide, 0)] = True
    for column in range(shift[1] - unit, width, unit):
        kept[:, max(column, 0) : max(column + wide, 0)] = True
    return kept


@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.6])
@pytest.mark.parametrize(("height", "width"), [(24, 24), (17, 30)])
def test_a_grid_that_is_not_turned_keeps_stripes(height: int, width: int, ratio: float) -> None:
    cases = [(unit, i, j) for unit in (4, 7, 16) for i in range(unit) for j in (0, unit - 1)]
    units, rows, columns = map(tf.constant, zip(*cases, strict=True))
    kept = grid(height, width, units, tf.stack([rows, columns], 1), ratio, tf.zeros_like(units))
    for mask, (unit, row, column) in zip(kept.numpy(), cases, strict=True):
        expected = stripes(height, width, unit, (row, column), ratio)
        np.testing.assert_array_equal(mask, expected)


def test_the_kept_share_is_that_of_the_paper() -> None:
    """k = 1 - (1 - r)^2 = 2 r - r^2 over whole tiles."""
    kept = grid(40, 60, tf.constant([10]), tf.constant([[3, 7]]), 0.6, tf.constant([0])).numpy()
    assert kept.mean() == pytest.approx(2 * 0.6 - 0.6**2)


@pytest.mark.parametrize("degrees", [30, 90, 200])
def test_a_turned_grid_is_the_picture_of_the_grid_turned(degrees: int) -> None:
    """By Pillow, which takes the nearest pixel too; of non-square images what stays inside."""
    height, width, unit = 25, 33, 12
    start, angle = tf.constant([[5, 2]]), tf.constant([degrees])
    kept = grid(height, width, tf.constant([unit]), start, 0.5, angle).numpy()[0]
    pad = 24
    shift = ((5 + pad) % unit, (2 + pad) % unit)
    large = stripes(height + 2 * pad, width + 2 * pad, unit, shift, 0.5)
    turned = np.asarray(Image.fromarray(large.astype(np.uint8)).rotate(degrees))
    expected = turned[pad : pad + height, pad : pad + width]
    assert (kept == expected).mean() > 0.98


def masks(strategy: GridMask, step: int, count: int = 1_501) -> np.ndarray:
    """Return the kept pixels of images of ones, [count, 16, 20]."""
    ones = tf.ones([count, 16, 20, 3])
    values = strategy.features(Batch(ones, None, ones), moment(step)).values.numpy()
    assert set(np.unique(values)) <= {0.0, 1.0}
    np.testing.assert_array_equal(values, np.repeat(values[..., :1], 3, axis=-1))
    return values[..., 0]


def test_the_chance_grows_linearly_and_then_stays() -> None:
    for step, chance in ((0, 0.0), (20, 0.2), (40, 0.4), (80, 0.8), (95, 0.8)):
        blanked = (masks(GridMask(smallest=0.2, largest=0.4), step) == 0).any(axis=(1, 2))
        assert blanked.mean() == pytest.approx(chance, abs=0.03)
    assert ramped(0.5, 0.0, tf.constant(0.0)) == 0.5


def test_images_draw_their_own_grids_and_every_pixel_is_blanked_as_often() -> None:
    kept = masks(GridMask(prob=1.0, ramp=0.0, ratio=0.5, smallest=0.5), 0)
    assert len(np.unique(kept, axis=0)) > 1_400
    np.testing.assert_allclose(kept.mean(axis=0), kept.mean(), atol=0.05)


def test_units_are_shares_of_the_shorter_side() -> None:
    """Not turned, a unit is the distance between stripes."""
    kept = masks(GridMask(1.0, 0.5, 0.25, 0.5, degrees=1, ramp=0.0), 0)
    for mask in kept[:200]:
        edges = np.flatnonzero(np.diff(mask.any(axis=0) & ~mask.all(axis=0), prepend=0) == 1)
        edges = edges[edges > 0]  # the first stripe may begin outside of the image
        assert set(np.diff(edges)) <= set(range(4, 9))
