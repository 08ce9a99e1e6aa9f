"""Spectral normalization against NumPy and algorithm 1 of 1802.05957."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench import Pass
from bench.plugins.registry import find
from strategies.r_drop import RDrop
from strategies.sam import Sam
from strategies.spectral_norm import SpectralNorm, iterated, matrix, normalized, singular_value
from tests.strategies.arms import eager_step
from tests.tiny import tiny_arm

TASKS = find().tasks
RANDOM = np.random.default_rng(0)
KERNEL = RANDOM.normal(size=(3, 3, 4, 6)).astype(np.float32)
FLAT = KERNEL.reshape(36, 6)
VECTOR = np.array([0.1, -0.5, 0.3, 0.7, 0.2, -0.35], np.float32)
VECTOR /= np.linalg.norm(VECTOR)


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def iteration(flat: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Return u after v = W^T u / |W^T u|, u = W v / |W v| of W [out, in], here `flat` transposed."""
    return unit(flat.T @ unit(flat @ vector))


def sigma(flat: np.ndarray, vector: np.ndarray) -> float:
    """Return u^T W v with the v that belongs to u."""
    return float(unit(flat @ vector) @ flat @ vector)


def test_an_iteration_is_the_papers() -> None:
    np.testing.assert_allclose(iterated(FLAT, VECTOR), iteration(FLAT, VECTOR), rtol=1e-5)
    assert float(singular_value(FLAT, VECTOR)) == pytest.approx(sigma(FLAT, VECTOR), rel=1e-5)


def test_after_many_iterations_the_largest_singular_value_is_the_limit() -> None:
    vector = VECTOR
    for _ in range(200):
        vector = iterated(FLAT, vector).numpy()
    for limit in (1.0, 3.0):
        kernel = normalized(tf.constant(KERNEL), vector, limit)
        exact = np.linalg.norm(kernel.numpy().reshape(36, 6), 2)
        assert exact == pytest.approx(limit, rel=1e-4)
        np.testing.assert_allclose(kernel, KERNEL * limit / np.linalg.norm(FLAT, 2), rtol=1e-4)


def test_a_kernel_below_the_limit_stays_bit_for_bit() -> None:
    above = float(np.linalg.norm(FLAT, 2)) * 1.01
    np.testing.assert_array_equal(normalized(tf.constant(KERNEL), VECTOR, above), KERNEL)


def test_gradients_pass_through_the_kernel_and_its_singular_value() -> None:
    """d(sum G W / sigma) = G / sigma - sum(G W) / sigma^2 v u^T, with both vectors as constants."""
    toward = RANDOM.normal(size=KERNEL.shape).astype(np.float32)
    variable, vector = tf.Variable(KERNEL), tf.Variable(VECTOR)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(toward * normalized(tf.convert_to_tensor(variable), vector, 1.0))
    gradient, of_vector = tape.gradient(total, [variable, vector])
    value = sigma(FLAT, VECTOR)
    outer = np.outer(unit(FLAT @ VECTOR), VECTOR).reshape(KERNEL.shape)
    expected = toward / value - np.sum(toward * KERNEL) / value**2 * outer
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-5)
    assert of_vector is None


class Witness(Pass):
    """A pass that keeps the kernels that the layers use."""

    def __init__(self, arm: Any, mask: Any) -> None:
        super().__init__(arm.strategies, mask, kernels=arm.model.kernels)
        self.used: dict[str, np.ndarray] = {}

    def kernel(self, slot: Any, kernel: Any) -> Any:
        self.used[slot.name] = super().kernel(slot, kernel).numpy()
        return self.used[slot.name]


@pytest.mark.parametrize("task", ["cifar10", "imdb_transformer"])
def test_every_kernel_of_an_arm_has_its_own_vector(task: str) -> None:
    arm = tiny_arm(TASKS[task], [SpectralNorm()])
    arm.reset(0)
    batch = arm.batch(tf.range(2))
    flow = Witness(arm, batch.mask)
    arm.network(arm.network.embed(batch.values), flow=flow)
    assert len(flow.used) == len(arm.states[0])
    for name, kernel in flow.used.items():
        norm = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2)
        assert norm == pytest.approx(1.0, rel=0.05), name


@pytest.mark.parametrize("other", [None, Sam(), RDrop()])
def test_a_step_makes_one_iteration_at_its_new_weights(other: Any) -> None:
    """However many passes it has."""
    arm = tiny_arm(TASKS["cifar10"], [SpectralNorm(), *([other] if other else [])])
    arm.reset(0)
    (state,) = (s for s, kind in zip(arm.states, arm.strategies, strict=True)
                if kind.facts.name == "spectral_norm")  # fmt: skip
    for vector in state:
        vector.assign(unit(RANDOM.normal(size=vector.shape)))
    before = [vector.numpy() for vector in state]
    arm.logits(arm.data.test)
    np.testing.assert_array_equal(before[0], state[0].numpy())
    eager_step(arm)
    for place, old, new in zip(arm.weights.kernels, before, state, strict=True):
        flat = matrix(tf.convert_to_tensor(arm.weights.trainable[place])).numpy()
        np.testing.assert_allclose(new, iteration(flat, old), rtol=1e-3, atol=1e-5)


def test_evaluation_divides_too() -> None:
    """The scale of a kernel above the limit does not matter."""
    arm = tiny_arm(TASKS["cifar10"], [SpectralNorm()])
    arm.reset(0)
    kernel = arm.network.stem.kernel
    logits = arm.logits(arm.data.test)
    kernel.assign(3.0 * kernel)
    np.testing.assert_allclose(arm.logits(arm.data.test), logits, atol=1e-4)
    eager_step(arm)
    assert np.any(arm.logits(arm.data.test) != logits)
