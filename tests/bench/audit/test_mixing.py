"""Checks of mixing, on mixtures whose weights are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.audit.calling import Caller, Pictures, caller
from bench.audit.claim import reference_batch
from bench.audit.finding import Finding
from bench.audit.mixing import (
    Calls,
    called,
    class_numbers,
    compared,
    dependent,
    distribution,
    drawn_each_call,
    independent_weights,
    labels_follow_pixels,
)
from bench.audit.mixture import Mixture, recover
from bench.audit.pasted import pasted
from bench.audit.probes import Range, pictures
from bench.audit.subject import found
from bench.core.strategy import Strategy, configured
from bench.plugins.registry import find

HERE = str(Path(__file__).parent / "implementations.py")
BYTES = Range(0.0, 255.0)
SPREAD = np.linspace(0.0, 0.6, 200)


def mixture(weights: Any, blends: bool) -> Mixture:
    yes = np.full(len(weights), True)
    return Mixture(np.zeros(len(weights), int), np.asarray(weights), yes & blends, yes)


def weighed(measured: list[Any], expected: Any, blends: bool) -> Finding:
    """Compare weights of calls with the catalogue's."""
    calls = Calls([mixture(weights, blends) for weights in measured], [])
    strategy = find().strategy("mixup" if blends else "cutmix")()
    return distribution(calls, [mixture(expected, blends)], strategy)


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
    reference = catalogues(mixup, 4)
    assert not all(one.whole[one.weights > 0.0].all() for one in reference)
    swapped = [
        one._replace(weights=np.minimum(one.weights, 1.0 - one.weights)) for one in reference
    ]
    assert distribution(Calls(swapped, []), reference, mixup).verdict == "agrees"


def catalogues(strategy: Strategy, calls: int) -> list[Mixture]:
    """Return what the pixels say of batches that the catalogue's technique mixed."""
    batches = [pictures(64, 64, Range(0.0, 1.0), number) for number in range(calls)]
    mixed = [reference_batch(strategy, b.images, b.labels, n).values for n, b in enumerate(batches)]
    return [recover(b.images, m.numpy(), 1e-5) for b, m in zip(batches, mixed, strict=True)]


@pytest.mark.parametrize("own_areas", [0.0, 0.1])
def test_a_shared_lambda_counts_once_for_its_batch(own_areas: float) -> None:
    """40 numbers at a distance of 0.2 may be chance; 640 may not. A border may clip each box."""
    clipped = 1.0 - own_areas * np.random.default_rng(0).random((40, 16))
    batches = list(0.8 * np.linspace(0.01, 1.0, 40)[:, None] * clipped)
    assert dependent([mixture(weights, False) for weights in batches])
    expected = np.linspace(0.0, 1.0, 400)
    assert weighed(batches, expected, False).verdict == "agrees"
    mixed_up = list(np.random.default_rng(1).permutation(np.ravel(batches)).reshape(40, 16))
    assert weighed(mixed_up, expected, False).verdict == "differs"


def test_weights_of_examples_are_independent() -> None:
    assert not dependent(catalogues(find().strategy("cutmix")(), 6))


def test_a_catalogues_shared_lambda_counts_once_too() -> None:
    shared = configured(find().strategy("cutmix"), {"per": "batch"})
    reference = catalogues(shared, 24)
    assert len(independent_weights(reference)) == 24


@pytest.mark.parametrize(("moves", "verdict"), [(True, "agrees"), (False, "differs")])
def test_weights_that_stay_from_call_to_call_differ(moves: bool, verdict: str) -> None:
    random = np.random.default_rng(0)
    first = random.random(16)
    calls = [mixture(random.random(16) if moves else first, True) for _ in range(6)]
    reference = [mixture(random.random(16), True) for _ in range(6)]
    assert drawn_each_call(Calls(calls, []), reference).verdict == verdict


def traced(name: str, classes: int = 64) -> tuple[Caller, Pictures]:
    """Return an implementation that is traced, and a batch."""
    probe = pictures(16, classes, BYTES, 0)
    return caller(found(f"{HERE}:{name}", {}), probe, mixes=True), probe


def test_a_lambda_of_numpy_stays_in_a_trace() -> None:
    call, _ = traced("numpy_mixup")
    calls = called(call, 16, 64, BYTES, 6, resized=False)
    assert drawn_each_call(calls, catalogues(find().strategy("mixup")(), 4)).verdict == "differs"


@pytest.mark.parametrize(("name", "wrong"), [("good_cutmix", False), ("erasing_cutmix", True)])
@pytest.mark.parametrize("classes", [2, 64])
def test_a_box_of_no_picture_differs(name: str, wrong: bool, classes: int) -> None:
    call, _ = traced(name, classes)
    finding = labels_follow_pixels(called(call, 16, classes, BYTES, 2, resized=False), False)
    assert (finding.verdict == "differs") == wrong
    assert ("pixels of no picture in the batch" in finding.found) == wrong


def test_a_label_stays_where_a_picture_is_pasted_into_itself() -> None:
    call, probe = traced("good_resizemix")
    alone = Pictures(probe.images[:1], probe.labels[:1])
    mixed, gaps = compared(alone, call.eager(alone), 1e-3, resized=True)
    assert not mixed.fits.any()
    np.testing.assert_allclose(gaps, 0.0, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("good_resizemix", "agrees"),
        ("nearest_resizemix", "agrees"),
        ("erasing_resizemix", "differs"),
        ("unlabeled_resizemix", "differs"),
    ],
)
def test_a_patch_shows_the_picture_that_its_label_names(name: str, verdict: str) -> None:
    resizemix = find().strategy("resizemix")()

    def reference(batch: Pictures) -> Pictures:
        mixed = reference_batch(resizemix, batch.images, batch.labels, 0)
        return Pictures(mixed.values.numpy(), mixed.targets.numpy())

    assert pasted(traced(name)[0].eager, reference, BYTES, 64).verdict == verdict


def test_labels_of_float64_are_given_where_others_fail() -> None:
    call, probe = traced("double_mixup")
    assert (call.numbers, call.dtype) == (False, "float64")
    assert call(probe).labels.dtype == np.float64


def test_a_label_of_another_partner_is_told_by_its_whole_weight() -> None:
    before = pictures(4, 64, Range(0.0, 1.0), 0)
    images, labels = before.images.copy(), before.labels.copy()
    for row, of_label in ((0, 1), (2, 3)):
        images[row] = 0.75 * before.images[row] + 0.25 * before.images[1]
        labels[row] = 0.75 * before.labels[row] + 0.25 * before.labels[of_label]
    found, gaps = compared(before, Pictures(images, labels), 1e-5)
    assert found.partners.tolist() == [1, -1, 1, -1]
    np.testing.assert_allclose(gaps, [0.0, 0.0, 0.25, 0.0], atol=1e-6)


def test_class_numbers_that_broadcast_to_a_matrix_differ() -> None:
    call = Caller(found(f"{HERE}:casting_mixup", {}), "images and labels", False, False)
    finding = class_numbers(call, pictures(8, 8, BYTES, 0))
    assert (finding.found, finding.verdict) == ("comes out as [8, 8] float32", "differs")
