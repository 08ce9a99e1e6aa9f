"""Gradient noise against equation 1 of 1511.06807."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import kstest

from bench import Weights
from strategies.gradient_noise import GradientNoise
from tests.strategies.moments import moment

GRADIENTS = [tf.fill([40, 50], 3.0), tf.fill([2_000], -1.0)]
WEIGHTS = Weights([tf.Variable(g) for g in GRADIENTS], [True, False], [False, False], [])


def noise(strategy: GradientNoise, step: int, seed: int = 0) -> list[np.ndarray]:
    """Return the noise that the optimizer gets beyond the gradients."""
    results: list[tf.Tensor] = []
    strategy.update(WEIGHTS, GRADIENTS, [], moment(step, seed=seed), results.extend)
    return [np.ravel(r - g) for r, g in zip(results, GRADIENTS, strict=True)]


@pytest.mark.parametrize(("eta", "gamma"), [(0.01, 0.55), (1.0, 0.55), (0.3, 1.5)])
@pytest.mark.parametrize("step", [0, 1, 99])
def test_the_variance_is_eta_over_1_plus_t_to_the_gamma(
    eta: float, gamma: float, step: int
) -> None:
    scale = np.sqrt(eta / (1 + step) ** gamma)
    for values in noise(GradientNoise(eta, gamma), step):
        assert kstest(values / scale, "norm").pvalue > 1e-4


def test_every_weight_and_every_step_has_noise_of_its_own() -> None:
    first, second = noise(GradientNoise(1.0), 0)
    assert len(np.unique(first.round(4))) > 1_900
    other = noise(GradientNoise(1.0), 0, seed=1)[0]
    for pair in ((first, second), (first, other)):
        assert abs(np.corrcoef(*pair)[0, 1]) < 0.1


def test_no_variance_leaves_the_gradients() -> None:
    for values in noise(GradientNoise(0.0), 0):
        np.testing.assert_array_equal(values, 0.0)
