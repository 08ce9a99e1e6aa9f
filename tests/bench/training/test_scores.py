"""Scores against their definitions, computed the slow way."""

from __future__ import annotations

import numpy as np
import pytest

from bench.core.bits import unpacked
from bench.training.scores import Quality, quality, scores


@pytest.fixture
def example() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return 3 * random.normal(size=(500, 4)).astype(np.float32), random.integers(0, 4, 500)


def test_scores_match_their_definitions(example: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = example
    found = scores(logits, labels, Quality(0.5, 1.25), 0.6)
    p = np.exp(logits.astype(float))
    p /= p.sum(1, keepdims=True)
    right = p.argmax(1) == labels
    assert found.test_accuracy == pytest.approx(right.mean())
    assert found.nll == pytest.approx(-np.log(p[np.arange(500), labels]).mean())
    brier = sum(((p[i] - np.eye(4)[labels[i]]) ** 2).sum() for i in range(500)) / 500
    assert found.brier == pytest.approx(brier)
    ece = 0.0
    confidence = p.max(1)
    for i in range(15):
        chosen = (confidence >= i / 15) & ((confidence < (i + 1) / 15) | (i == 14))
        if chosen.any():
            ece += chosen.sum() / 500 * abs(confidence[chosen].mean() - right[chosen].mean())
    assert found.ece == pytest.approx(ece)
    assert (unpacked(found.correct, 500) == right).all()
    assert sum(found.class_total) == 500
    assert sum(found.class_correct) == right.sum()


def test_a_sure_and_right_classifier_is_calibrated() -> None:
    found = scores(50 * np.eye(3), np.arange(3), Quality(1.0, 0.0), 1.0)
    assert (found.ece, found.test_accuracy) == (pytest.approx(0.0, abs=1e-9), 1.0)


def test_infinite_likelihood_is_null() -> None:
    logits = np.array([[0.0, np.inf]])
    with np.errstate(invalid="ignore"):
        assert quality(logits, np.array([0])).nll is None
