"""Optimizers and schedules of a recipe, against the libraries' own and against formulas."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench.core.recipe import Recipe
from bench.timing.step_graph import matrix_flops
from bench.training.muon import make_muon, muon_update, orthogonalized
from bench.training.optimizer import make_optimizer
from bench.training.schedule import learning_rate

RANDOM = np.random.default_rng(3)


def recipe(**changes: object) -> Recipe:
    values = {
        "train_examples": 64, "validation_examples": 8, "test_examples": 8, "steps": 100,
        "batch_size": 8, "learning_rate": 0.5,
    }  # fmt: skip
    return Recipe.model_validate({**values, **changes})


def rates(chosen: Recipe) -> np.ndarray:
    steps = range(chosen.steps)
    return np.array([float(learning_rate(chosen, tf.constant(step))) for step in steps])


def test_each_schedule_rises_to_its_peak_and_falls_as_it_says() -> None:
    assert rates(recipe(schedule="constant"))[20:].tolist() == [0.5] * 80
    linear = rates(recipe(schedule="linear"))
    assert np.diff(linear[20:]) == pytest.approx(-0.5 / 80, rel=1e-3)
    assert linear[[0, 19, 99]] == pytest.approx([0.025, 0.5, 0.0], abs=1e-6)
    triangle = rates(recipe(schedule="triangle", final_rate=0.07))
    assert triangle[[0, 19, 99]] == pytest.approx([0.5 * (0.2 + 0.8 / 20), 0.5, 0.035], rel=1e-5)
    assert rates(recipe())[59] == pytest.approx(0.25, rel=1e-5)  # half of the cosine


def test_sgd_is_keras_with_nesterov_momentum_and_nothing_else() -> None:
    made = make_optimizer(recipe(optimizer="sgd", momentum=0.85))
    assert isinstance(made, keras.optimizers.SGD)
    assert (made.nesterov, made.momentum, made.weight_decay) == (True, 0.85, None)
    assert make_optimizer(recipe()).weight_decay is None


def test_a_convolution_is_one_matrix() -> None:
    gradient = tf.constant(RANDOM.normal(size=(3, 3, 4, 8)), tf.float32)
    flat = muon_update(tf.reshape(gradient, [36, 8]))
    assert muon_update(gradient).numpy() == pytest.approx(flat.numpy().reshape(3, 3, 4, 8))
    values = np.linalg.svd(flat.numpy(), compute_uv=False) / (0.2 * 6)
    assert 0.6 < values.min() <= values.max() < 1.3


@pytest.mark.parametrize("shape", [(432, 48), (48, 432), (48, 48)])
def test_orthogonalized_is_the_quintic_iteration_for_singular_values_of_six_decades(
    shape: tuple[int, int],
) -> None:
    left, _, right = np.linalg.svd(RANDOM.normal(size=shape), full_matrices=False)
    matrix = (left * np.logspace(0, -6, 48)) @ right
    x = matrix / np.linalg.norm(matrix)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    found = orthogonalized(tf.constant(matrix, tf.float32)).numpy()
    assert np.linalg.norm(found - x) < 1e-4 * np.linalg.norm(x)


def test_orthogonalizing_a_long_kernel_takes_half_the_operations_of_the_plain_iteration() -> None:
    step = tf.function(orthogonalized).get_concrete_function(tf.TensorSpec([1728, 192]))
    plain = 5 * (2 * 2 * 192**2 * 1728 + 2 * 192**3)
    counted = matrix_flops(step.graph)
    assert counted is not None
    assert 0.5 < counted / plain < 0.55


def test_adam_is_that_of_keras() -> None:
    def trained(optimizer: keras.optimizers.Optimizer) -> np.ndarray:
        random = np.random.default_rng(0)
        weight = keras.Variable(random.normal(size=(6, 5)).astype("float32"))
        optimizer.build([weight])
        step = tf.function(lambda gradient: optimizer.apply_gradients([(gradient, weight)]))
        for number in range(4):
            optimizer.learning_rate.assign(0.1 / (number + 1))
            step(tf.constant(random.normal(size=(6, 5)), tf.float32))
        return np.stack(
            [weight.numpy(), *(v.numpy() for v in optimizer.variables if v.shape == (6, 5))]
        )

    assert trained(make_optimizer(recipe())) == pytest.approx(
        trained(keras.optimizers.Adam(0.5)), rel=1e-5, abs=3e-6
    )


def test_a_dense_kernel_is_trained_as_by_keras_muon_and_a_bias_as_by_adam() -> None:
    def trained(optimizer: keras.optimizers.Optimizer) -> list[np.ndarray]:
        layer = keras.layers.Dense(8, name="hidden")
        layer.build((None, 6))
        layer.kernel.assign(np.linspace(-1, 1, 48).reshape(6, 8))
        random = np.random.default_rng(0)
        for _ in range(3):
            values = [
                random.normal(size=w.shape).astype("float32") for w in layer.trainable_weights
            ]
            optimizer.apply_gradients(
                zip([tf.constant(v) for v in values], layer.trainable_weights, strict=True)
            )
        return [w.numpy() for w in layer.trainable_weights]

    reference = keras.optimizers.Muon(
        0.01, momentum=0.8, weight_decay=None, adam_weight_decay=None, adam_lr_ratio=1
    )
    for ours, theirs in zip(trained(make_muon(0.01, 0.8)), trained(reference), strict=True):
        assert ours == pytest.approx(theirs, abs=2e-6)


def test_the_classifier_and_embeddings_are_not_orthogonalized() -> None:
    head = keras.layers.Dense(8, name="head")
    head.build((None, 6))
    table = keras.layers.Embedding(5, 4, name="embedding")
    table.build((None, 3))
    optimizer = make_muon(0.01, 0.8)
    optimizer.build([*head.trainable_weights, *table.trainable_weights])
    assert all(square is not None for square in optimizer.squares)


def test_a_recipe_of_an_earlier_version_equals_todays_that_trains_the_same() -> None:
    old = {
        "train_examples": 64, "validation_examples": 8, "test_examples": 8, "steps": 100,
        "batch_size": 8, "learning_rate": 0.5, "warmup": 0.2, "evaluations": 10, "threads": 1,
        "margin": 1.0,
    }  # fmt: skip
    assert Recipe.stored(old) == recipe(statistics="moving", resample=False)
    assert recipe(statistics="moving", resample=False).model_dump(mode="json") == old
    stored = recipe(optimizer="sgd").model_dump(mode="json")
    assert stored == {**old, "optimizer": "sgd", "statistics": "recalibrated", "resample": True}
    assert Recipe.stored(stored) == recipe(optimizer="sgd")
