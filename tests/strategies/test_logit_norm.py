"""LogitNorm against the formula of 2205.09310."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from strategies.focal_loss import FocalLoss
from strategies.logit_norm import LogitNorm, normalized
from tests.strategies.loss_results import LOGITS, SOFT, gradient, slopes, staged


def unit(logits: np.ndarray) -> np.ndarray:
    return logits / np.linalg.norm(logits, axis=-1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.04, 0.5])
def test_the_loss_is_that_of_logits_of_norm_1_over_the_temperature(temperature: float) -> None:
    expected = -(SOFT * log_softmax(unit(LOGITS) / temperature, axis=-1)).sum(axis=-1)
    result = staged(LogitNorm(temperature), LOGITS, SOFT)
    np.testing.assert_allclose(result.losses, expected, rtol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(result.logits, axis=-1), 1 / temperature, rtol=1e-5)


def test_growing_logits_lower_no_loss() -> None:
    """The gradient has no part along the logits: the norm is part of it, not a constant."""
    np.testing.assert_allclose(
        staged(LogitNorm(), 7 * LOGITS, SOFT).losses, staged(LogitNorm(), LOGITS, SOFT).losses,
        rtol=1e-4,
    )  # fmt: skip
    found = gradient(lambda z: normalized(z, 0.5)[:, 0], LOGITS)
    np.testing.assert_allclose(found, slopes(lambda z: unit(z)[:, 0] / 0.5, LOGITS), atol=1e-7)
    np.testing.assert_allclose((found * LOGITS).sum(axis=-1), 0.0, atol=1e-9)


def test_logits_of_zero_have_a_finite_gradient() -> None:
    """Compiled: XLA multiplies the infinite slope of a root at 0 by 0, which TensorFlow takes for 0."""
    zeros = np.zeros((2, 3), np.float32)
    np.testing.assert_array_equal(normalized(zeros, 0.04), zeros)
    compiled = tf.function(partial(normalized, temperature=0.04), jit_compile=True, autograph=False)
    assert np.isfinite(gradient(compiled, zeros)).all()


def test_a_loss_around_it_is_that_of_the_normalized_predictions() -> None:
    assert FocalLoss.facts.rank < LogitNorm.facts.rank
    result = staged(LogitNorm(0.5), LOGITS, SOFT)
    np.testing.assert_allclose(result.logits, unit(LOGITS) / 0.5, rtol=1e-5)
