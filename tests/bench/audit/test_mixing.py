"""Checks of mixing, on mixtures whose weights are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.audit.calling import Caller, Pictures
from bench.audit.finding import Finding
from bench.audit.mixing import Calls, class_numbers, compared, distribution, referenced
from bench.audit.mixture import Mixture
from bench.audit.probes import pictures
from bench.audit.subject import found
from bench.plugins.registry import find

HERE = str(Path(__file__).parent / "implementations.py")
SPREAD = np.linspace(0.0, 0.6, 200)


def mixture(weights: Any, blends: bool) -> Mixture:
    yes = np.full(len(weights), True)
    return Mixture(np.zeros(len(weights), int), np.asarray(weights), yes & blends, yes)


def weighed(measured: list[Any], expected: Any, blends: bool, shared: bool = False) -> Finding:
    """Compare weights of calls with the catalogue's."""
    calls = Calls([mixture(weights, blends) for weights in measured], [])
    strategy = find().strategy("mixup" if blends else "cutmix")()
    return distribution(calls, [mixture(expected, blends)], shared, strategy)


@pytest.mark.parametrize("blends", [False, True])
def test_equal_weights_agree(blends: bool) -> None:
    assert weighed([SPREAD[::2], SPREAD[1::2]], SPREAD, blends).verdict == "agrees"


def test_smaller_and_larger_weights_differ() -> None:
    assert weighed([0.5 * SPREAD], SPREAD, False).verdict == "differs"
    assert weighed([SPREAD], 0.5 * SPREAD, False).verdict == "differs"


def test_blends_are_the_same_from_either_side_and_pastes_are_not() -> None:
    assert weighed([1.0 - SPREAD], SPREAD, True).verdict == "agrees"
    assert weighed([1.0 - SPREAD], SPREAD, False).verdict == "differs"


def test_the_catalogues_mixup_is_a_blend_at_any_weight() -> None:
    """A weight of 0.0001 leaves some pixels as they were; implementations that swap it agree."""
    mixup = find().strategy("mixup")()
    reference = [referenced(mixup, 64, 64, number) for number in range(4)]
    assert not all(one.whole[one.weights > 0.0].all() for one in reference)
    swapped = [
        one._replace(weights=np.minimum(one.weights, 1.0 - one.weights)) for one in reference
    ]
    assert distribution(Calls(swapped, []), reference, False, mixup).verdict == "agrees"


def test_a_shared_lambda_counts_once_for_its_batch() -> None:
    """40 numbers at a distance of 0.2 may be chance; 640 may not."""
    batches = [np.full(16, 0.8 * weight) for weight in np.linspace(0.0, 1.0, 40)]
    expected = np.linspace(0.0, 1.0, 400)
    assert weighed(batches, expected, False, shared=True).verdict == "agrees"
    assert weighed(batches, expected, False, shared=False).verdict == "differs"


def test_a_label_of_another_partner_is_told_by_its_whole_weight() -> None:
    before = pictures(4, 64, 1.0, 0)
    images, labels = before.images.copy(), before.labels.copy()
    for row, of_label in ((0, 1), (2, 3)):
        images[row] = 0.75 * before.images[row] + 0.25 * before.images[1]
        labels[row] = 0.75 * before.labels[row] + 0.25 * before.labels[of_label]
    found, gaps = compared(before, Pictures(images, labels), 1e-5)
    assert found.partners.tolist() == [1, -1, 1, -1]
    np.testing.assert_allclose(gaps, [0.0, 0.0, 0.25, 0.0], atol=1e-6)


def test_class_numbers_that_broadcast_to_a_matrix_differ() -> None:
    call = Caller(found(f"{HERE}:casting_mixup", {}), "images and labels", False, False)
    finding = class_numbers(call, pictures(8, 8, 255.0, 0))
    assert (finding.found, finding.verdict) == ("comes out as [8, 8] float32", "differs")
