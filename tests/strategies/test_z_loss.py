"""z-loss against section 5 of 2204.02311."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from strategies.z_loss import ZLoss, squared_normalizer
from tests.strategies.loss_results import LOGITS, SOFT, gradient, staged


def test_it_adds_the_square_of_the_logarithm_of_z() -> None:
    cross_entropy = -(SOFT * log_softmax(LOGITS, axis=-1)).sum(axis=-1)
    expected = cross_entropy + 0.3 * logsumexp(LOGITS, axis=-1) ** 2
    np.testing.assert_allclose(staged(ZLoss(0.3), LOGITS, SOFT).losses, expected, rtol=1e-5)


def test_the_default_is_that_of_the_paper() -> None:
    assert ZLoss().strength == 1e-4


def test_it_sees_the_shift_of_all_logits_that_the_cross_entropy_does_not() -> None:
    """Its gradient is 2 log Z p, so it sums to 2 log Z; that of the cross-entropy sums to 0."""
    log_z = logsumexp(LOGITS, axis=-1, keepdims=True)
    ours = gradient(squared_normalizer, LOGITS)
    np.testing.assert_allclose(ours, 2 * log_z * softmax(LOGITS, axis=-1), rtol=1e-9)


def test_large_logits_do_not_overflow() -> None:
    large = np.array([[1e4, 0.0], [-1e4, -1e4]], np.float32)
    expected = [1e8, (np.log(2) - 1e4) ** 2]
    np.testing.assert_allclose(squared_normalizer(large), expected, rtol=1e-6)
    assert np.isfinite(gradient(squared_normalizer, large)).all()
