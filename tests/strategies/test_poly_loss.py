"""PolyLoss against the expansion of 2204.12511."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from strategies.poly_loss import PolyLoss, missing_probability
from tests.strategies.loss_results import HARD, LOGITS, SOFT, gradient, slopes, staged


def test_only_the_first_coefficient_of_the_expansion_changes() -> None:
    """-log p = sum_j (1 - p)^j / j; Poly-1 adds epsilon to the coefficient of j = 1."""
    p = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]])
    j = np.arange(1, 2_000)
    rest = 1.0 - p[:, :1]
    coefficients = 1.0 / j + np.where(j == 1, 2.5, 0.0)
    expected = (coefficients * rest**j).sum(axis=1)
    losses = staged(PolyLoss(2.5), np.log(p), np.eye(3)[[0, 0]]).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-5)


@pytest.mark.parametrize("targets", [SOFT, HARD], ids=["soft", "one-hot"])
@pytest.mark.parametrize("epsilon", [-1.0, 0.0, 2.0])
def test_it_is_the_mean_over_the_labels(epsilon: float, targets: np.ndarray) -> None:
    log_p = log_softmax(LOGITS, axis=-1)
    expected = (targets * (epsilon * (1 - np.exp(log_p)) - log_p)).sum(axis=-1)
    losses = staged(PolyLoss(epsilon), LOGITS, targets).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-5, atol=1e-6)


def test_the_term_belongs_to_the_gradient() -> None:
    def formula(logits: np.ndarray) -> np.ndarray:
        return (SOFT * (1 - softmax(logits, axis=-1))).sum(axis=-1)

    ours = gradient(lambda z: missing_probability(tf.constant(SOFT), z), LOGITS)
    np.testing.assert_allclose(ours, slopes(formula, LOGITS), atol=1e-8)
