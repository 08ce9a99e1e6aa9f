"""Losses: each example's value, 1/K against 1/(K - 1), types of labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.audit.losses import (
    LossCall,
    batch,
    found_form,
    reduction,
    soft_labels,
    values,
    weights_of_labels,
)
from bench.audit.subject import found
from bench.plugins.registry import find

HERE = str(Path(__file__).parent / "implementations.py")
SMOOTHING = find().strategy("label_smoothing")()


def call_of(name: str, classes: int) -> LossCall:
    return found_form(found(f"{HERE}:{name}", {}), SMOOTHING, *batch(16, classes, 0))


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("good_loss", "agrees"), ("sparse_loss", "agrees"), ("others_loss", "differs")],
)
def test_smoothing_by_one_class_fewer_differs_at_1000_classes(name: str, verdict: str) -> None:
    call = call_of(name, 1000)
    assert values(call, SMOOTHING, "value", *batch(64, 1000, 0)).verdict == verdict
    assert weights_of_labels(call, SMOOTHING, 1000).verdict == verdict


def test_probabilities_that_keras_cuts_off_agree_at_1000_classes() -> None:
    subject = found("keras.losses:CategoricalCrossentropy", {"label_smoothing": 0.1})
    call = found_form(subject, SMOOTHING, *batch(16, 1000, 0))
    assert not call.logits
    assert values(call, SMOOTHING, "value", *batch(64, 1000, 0)).verdict == "agrees"
    assert weights_of_labels(call, SMOOTHING, 1000).verdict == "agrees"


def test_a_right_mean_of_wrong_values_differs() -> None:
    finding = values(call_of("swung_loss", 64), SMOOTHING, "value", *batch(64, 64, 0))
    assert finding.verdict == "differs"


def test_a_loss_of_float64_is_one() -> None:
    call = call_of("double_loss", 64)
    assert not call.numbers
    assert values(call, SMOOTHING, "value", *batch(64, 64, 0)).verdict == "agrees"
    assert weights_of_labels(call, SMOOTHING, 64).verdict == "agrees"
    assert reduction(call, *batch(64, 64, 0)).verdict == "agrees"


def test_class_numbers_may_be_int64() -> None:
    call = call_of("typed_loss", 64)
    assert (call.numbers, call.dtype) == (True, "int64")
    assert values(call, SMOOTHING, "value", *batch(64, 64, 0)).verdict == "agrees"
    assert soft_labels(call, SMOOTHING, 64).verdict == "does not apply"
