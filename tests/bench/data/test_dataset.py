from __future__ import annotations

import numpy as np
import pytest

from bench.data.dataset import Split, fair_order


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.1,) * 10, (0.7, 0.2, 0.1)])
def test_every_prefix_has_each_class_in_its_share(shares: tuple[float, ...]) -> None:
    counts = [round(200 * share) for share in shares]
    labels = np.repeat(np.arange(len(shares)), counts)
    ordered = labels[fair_order([b"%d" % row for row in range(len(labels))], labels)]
    for label, share in enumerate(shares):
        seen = np.cumsum(ordered == label)
        assert np.abs(seen - share * np.arange(1, len(labels) + 1)).max() <= 1


def test_the_order_depends_on_the_examples_and_not_on_how_they_were_stored() -> None:
    labels = np.arange(60) % 3
    contents = [b"example %d" % row for row in range(60)]
    stored = np.random.default_rng(0).permutation(60)
    one = [contents[row] for row in fair_order(contents, labels)]
    order = fair_order([contents[row] for row in stored], labels[stored])
    other = [contents[stored[row]] for row in order]
    assert one == other
    assert sorted(one) == sorted(contents)
    assert one != contents


def test_rows_are_views() -> None:
    split = Split(np.arange(10), np.arange(10), np.arange(10))
    part = split.rows(2, 5)
    assert len(part) == 3
    assert np.shares_memory(part.values, split.values)
    assert part.lengths is not None
    assert part.lengths.tolist() == [2, 3, 4]
