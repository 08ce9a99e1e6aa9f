"""SRIP against the singular values of NumPy and the power iterations of 1810.09102, section 3.3."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import tensorflow as tf

from bench import Gradients, Weights
from bench.plugins.registry import find
from strategies.batch_norm import BatchNorm
from strategies.orthogonal import Orthogonal, deviation, matrix, weakened
from tests.strategies.moments import moment
from tests.tiny import tiny_arm

RANDOM = np.random.default_rng(0)
TALL = RANDOM.normal(0.3, 0.5, (6, 4)).astype(np.float32)
START = RANDOM.normal(size=4).astype(np.float32)


def two_iterations(weights: np.ndarray, start: np.ndarray) -> float:
    """Return |v| / |u| of u = (W^T W - I) v, v = (W^T W - I) u."""
    apart = weights.T.astype(np.float64) @ weights - np.eye(weights.shape[1])
    u = apart @ start
    return float(np.linalg.norm(apart @ u) / np.linalg.norm(u))


def pulls(
    strategy: Orthogonal, weights: Weights, step: int = 0, seed: int = 0
) -> tuple[float, Sequence[np.ndarray]]:
    """Return the penalty and its gradients: all that is added to a loss and gradients of 0."""
    zeros = [tf.zeros(v.shape) for v in weights.trainable]
    plain = Gradients(tf.constant(0.0), zeros)
    loss, values = strategy.gradients(weights, moment(step, seed=seed), lambda: plain)
    return float(loss), [np.asarray(value) for value in values]


def one(kernel: np.ndarray, axes: tuple[int, ...] = ()) -> Weights:
    return Weights([tf.Variable(kernel)], [True], [False], [], [axes] if axes else ())


def test_it_is_the_estimate_of_two_power_iterations() -> None:
    expected = two_iterations(TALL, START)
    assert float(deviation(TALL, START)) == pytest.approx(expected, rel=1e-5)


def test_where_one_singular_value_is_far_from_1_it_is_the_spectral_norm() -> None:
    """Below 1 as well as above: the deviation is |s^2 - 1|."""
    left, right = (np.linalg.qr(RANDOM.normal(size=(n, 4)))[0] for n in (7, 4))
    for singular in ([2.0, 1.1, 1.0, 0.9], [0.1, 1.02, 1.0, 1.01]):
        weights = (left * singular @ right.T).astype(np.float32)
        exact = np.linalg.norm(weights.T @ weights - np.eye(4), 2)
        assert exact == pytest.approx(max(abs(np.square(singular) - 1)), rel=1e-5)
        assert float(deviation(weights, START)) == pytest.approx(exact, rel=0.02)


def test_the_gradient_is_that_of_the_estimate() -> None:
    """By finite differences, through both iterations."""
    variable = tf.Variable(TALL)
    with tf.GradientTape() as tape:
        estimate = deviation(tf.convert_to_tensor(variable), START)
    gradient = tape.gradient(estimate, variable).numpy()
    for place in [(0, 0), (2, 3), (5, 1)]:
        step = np.zeros(TALL.shape)
        step[place] = 1e-5
        slope = (two_iterations(TALL + step, START) - two_iterations(TALL - step, START)) / 2e-5
        assert gradient[place] == pytest.approx(slope, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("shape", [(7, 4), (4, 7)])
def test_orthonormal_weights_feel_no_pull(shape: tuple[int, int]) -> None:
    """Rows or columns, whichever there are fewer of: all of the others cannot be orthogonal."""
    columns = np.linalg.qr(RANDOM.normal(size=(7, 4)))[0]
    kernel = columns if shape == (7, 4) else columns.T
    loss, (pull,) = pulls(Orthogonal(1.0), one(kernel.astype(np.float32)))
    assert loss < 1e-5
    assert np.isfinite(pull).all()
    identity = np.eye(4, dtype=np.float32)
    np.testing.assert_array_equal(pulls(Orthogonal(1.0), one(identity))[1][0], 0.0)


def test_a_kernel_has_a_column_for_each_unit() -> None:
    """[H, W, in, out] has H W in rows; the axes of the inputs may come last, too."""
    kernel = RANDOM.normal(size=(3, 3, 2, 5)).astype(np.float32)
    np.testing.assert_array_equal(matrix(kernel, (0, 1, 2)), kernel.reshape(18, 5))
    turned = kernel.transpose(3, 0, 1, 2)
    np.testing.assert_array_equal(matrix(turned, (1, 2, 3)), kernel.reshape(18, 5))
    np.testing.assert_array_equal(matrix(kernel[0, 0], (0,)), kernel[0, 0].T)


def test_training_along_the_gradient_makes_a_kernel_orthogonal() -> None:
    variable = tf.Variable(RANDOM.normal(0, 0.6, (3, 3, 4, 8)).astype(np.float32))
    weights = Weights([variable], [True], [False], [])
    for step in range(400):
        variable.assign_sub(0.02 * pulls(Orthogonal(1.0), weights, seed=step)[1][0])
    singular = np.linalg.svd(variable.numpy().reshape(36, 8), compute_uv=False)
    np.testing.assert_allclose(singular, 1.0, atol=0.1)


@pytest.mark.parametrize("task", ["cifar10", "imdb", "imdb_transformer"])
def test_every_kernel_is_pulled_and_nothing_else(task: str) -> None:
    strategies = [BatchNorm()] if task == "cifar10" else []
    arm = tiny_arm(find().tasks[task], strategies)
    arm.reset(0)
    for variable, pull in zip(
        arm.network.trainable_variables, pulls(Orthogonal(), arm.weights)[1], strict=True
    ):
        assert np.any(pull != 0) == variable.path.endswith("kernel"), variable.path


def test_the_penalty_is_the_sum_and_the_gradients_are_its() -> None:
    first, second = tf.Variable(TALL), tf.Variable(TALL[:3] + 0.5)
    whole = pulls(Orthogonal(0.3), Weights([first, second], [True] * 2, [False] * 2, []))
    alone = pulls(Orthogonal(0.3), one(TALL))
    np.testing.assert_allclose(whole[1][0], alone[1][0], rtol=1e-6)
    assert whole[0] > alone[0]
    doubled = pulls(Orthogonal(0.6), one(TALL))
    assert doubled[0] == pytest.approx(2 * alone[0])
    np.testing.assert_allclose(doubled[1][0], 2 * alone[1][0], rtol=1e-6)
    gradients = Gradients(tf.constant(5.0), [tf.ones(TALL.shape)])
    loss, (pulled,) = Orthogonal(0.3).gradients(one(TALL), moment(), lambda: gradients)
    assert float(loss) == pytest.approx(5.0 + alone[0])
    np.testing.assert_allclose(pulled, 1.0 + alone[1][0], rtol=1e-6)


def test_every_step_and_kernel_starts_elsewhere() -> None:
    pair = Weights([tf.Variable(TALL), tf.Variable(TALL)], [True] * 2, [False] * 2, [])
    first, second = pulls(Orthogonal(), pair)[1]
    assert np.any(first != second)
    assert np.any(first != pulls(Orthogonal(), pair, seed=1)[1][0])


def test_the_strength_falls_as_in_the_paper() -> None:
    """To 1e-3, 1e-4, 1e-6 and 0 after 20, 50, 70 and 120 of 200 epochs."""
    epochs = {0: 0.1, 19: 0.1, 21: 1e-3, 49: 1e-3, 51: 1e-4, 69: 1e-4, 71: 1e-6, 119: 1e-6, 121: 0}
    for epoch, strength in epochs.items():
        assert float(weakened(0.1, tf.constant(epoch / 200))) == pytest.approx(strength)
    early, late = (pulls(Orthogonal(), one(TALL), step)[0] for step in (0, 30))
    assert late == pytest.approx(1e-3 * early)
    assert pulls(Orthogonal(), one(TALL), 61)[0] == 0.0
