"""Accuracy, likelihood and calibration of logits, in float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from bench.core.bits import packed
from bench.core.record import CalibrationBin, Scores

BINS = 15


class Quality(NamedTuple):
    """Quality of predictions on a split."""

    accuracy: float
    """Share of the examples that are classified correctly."""
    nll: float | None
    """Mean negative log-likelihood, nats; None if it is not finite."""


def quality(logits: np.ndarray, labels: np.ndarray) -> Quality:
    """Compare logits [N, K] with labels [N]."""
    logarithms = log_softmax(logits.astype(np.float64), axis=1)
    nll = float(-np.mean(logarithms[np.arange(len(labels)), labels]))
    accuracy = float(np.mean(logits.argmax(axis=1) == labels))
    return Quality(accuracy, nll if np.isfinite(nll) else None)


def scores(logits: np.ndarray, labels: np.ndarray, validation: Quality, train: float) -> Scores:
    """Compute everything that a record holds about the test split.

    Args:
        logits: [N, K] on the test split, finite.
        labels: int [N].
        validation: quality on the validation split.
        train: clean accuracy in evaluation mode, as a share.

    The expected calibration error has 15 equal bins of confidence (Guo et al. 2017, 1706.04599,
    eq. 3); the Brier score is the mean squared distance to the one-hot label, summed over classes.
    """
    probabilities = np.exp(log_softmax(logits.astype(np.float64), axis=1))
    classes = probabilities.shape[1]
    right = probabilities.argmax(axis=1) == labels
    confidence = probabilities.max(axis=1)
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    counts = np.bincount(bin_of, minlength=BINS)
    filled = np.maximum(counts, 1)
    mean_confidence = np.bincount(bin_of, confidence, BINS) / filled
    mean_accuracy = np.bincount(bin_of, right, BINS) / filled
    ece = float(np.sum(counts * np.abs(mean_confidence - mean_accuracy)) / len(labels))
    one_hot = np.eye(classes)[labels]
    total = quality(logits, labels)
    return Scores(
        test_accuracy=total.accuracy,
        validation_accuracy=validation.accuracy,
        train_accuracy=train,
        nll=total.nll,
        brier=float(np.mean(np.sum((probabilities - one_hot) ** 2, axis=1))),
        ece=ece,
        class_correct=tuple(np.bincount(labels[right], minlength=classes).tolist()),
        class_total=tuple(np.bincount(labels, minlength=classes).tolist()),
        calibration=tuple(
            CalibrationBin(count=int(c), confidence=float(min(p, 1.0)), accuracy=float(a))
            for c, p, a in zip(counts, mean_confidence, mean_accuracy, strict=True)
        ),
        correct=packed(right),
        validation_nll=validation.nll,
    )
