"""DropBlock against equation 1 and algorithm 1 of 1810.12890."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench import Slot
from strategies.drop_block import DropBlock, blocks, chance_of_a_block, drop_blocks
from tests.strategies.moments import key, moment

SHAPE = (300, 12, 17, 4)


def dropped(size: int, rate: float, shape: tuple[int, int, int, int] = SHAPE) -> np.ndarray:
    return ~blocks(shape, size, rate, key()).numpy()


@pytest.mark.parametrize("side", [7, 14])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_gamma_of_square_maps_is_that_of_the_paper(side: int, size: int) -> None:
    expected = 1 / size**2 * side**2 / (side - size + 1) ** 2
    assert chance_of_a_block(side, side, (size, size)) == pytest.approx(expected)


@pytest.mark.parametrize(("size", "rate"), [(1, 0.3), (3, 0.05), (5, 0.1), (40, 0.2)])
def test_about_the_rate_is_dropped_on_maps_that_are_not_square(size: int, rate: float) -> None:
    """Less by what blocks overlap: 1 - (1 - gamma)^n of the positions that n corners reach."""
    tall, wide = min(size, 12), min(size, 17)
    gamma = rate * 12 * 17 / (tall * wide * (13 - tall) * (18 - wide))
    corners = np.ones((13 - tall, 18 - wide))
    reaching = sum(
        np.pad(corners, ((i, tall - 1 - i), (j, wide - 1 - j)))
        for i in range(tall)
        for j in range(wide)
    )
    expected = 1 - (1 - gamma) ** reaching
    mask = dropped(size, rate)
    assert mask.mean() == pytest.approx(expected.mean(), rel=0.08)
    np.testing.assert_allclose(mask.mean(axis=(0, 3)), expected, atol=0.06)


@pytest.mark.parametrize("size", [2, 3])
def test_every_dropped_position_is_in_a_whole_block(size: int) -> None:
    mask = dropped(size, 0.1)
    whole = np.zeros_like(mask)
    for i in range(12 - size + 1):
        for j in range(17 - size + 1):
            block = mask[:, i : i + size, j : j + size].all(axis=(1, 2))
            whole[:, i : i + size, j : j + size] |= block[:, None, None]
    np.testing.assert_array_equal(mask, whole)


def test_examples_and_channels_have_blocks_of_their_own() -> None:
    mask = dropped(3, 0.2).transpose(0, 3, 1, 2).reshape(-1, 12 * 17)
    assert len(mask) == 300 * 4
    assert len(np.unique(mask, axis=0)) > 0.95 * len(mask)


def test_what_is_kept_is_scaled_by_the_count_of_the_batch() -> None:
    values = tf.random.stateless_normal(SHAPE, [1, 2])
    kept = ~dropped(5, 0.2)
    expected = values.numpy() * kept * kept.size / kept.sum()
    np.testing.assert_allclose(drop_blocks(values, 5, 0.2, key()), expected, rtol=1e-6)


def test_the_rate_grows_linearly_to_the_last_step() -> None:
    ones = tf.ones([400, 9, 9, 4])
    for step, rate in ((0, 0.0), (50, 0.2), (99, 0.396)):
        values = DropBlock(0.4, size=1).noise(Slot("b", "map", 1.0), ones, moment(step)).numpy()
        assert (values == 0).mean() == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize(("kind", "depth"), [("map", 0.3), ("vector", 1.0), ("sequence", 1.0)])
def test_it_acts_on_deep_maps_alone(kind: str, depth: float) -> None:
    values = tf.ones([8, 6, 6, 3])
    strategy = DropBlock(0.5, ramp=0.0)
    assert strategy.noise(Slot("s", kind, depth), values, moment()) is values
    assert (strategy.noise(Slot("s", "map", 0.5), values, moment()).numpy() == 0).any()


def test_a_map_that_is_dropped_whole_gives_zeros() -> None:
    values = DropBlock(0.9, ramp=0.0).noise(Slot("s", "map", 1.0), tf.ones([1, 1, 1, 1]), moment())
    assert np.isfinite(values).all()
