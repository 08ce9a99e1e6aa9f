"""Further ways to predict, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from bench.core.recipe import changed
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import Arrays
from bench.training.predictions import PASSES, PREDICTIONS, fitted
from bench.training.trainer import Trainer
from tests.tiny import tiny_arm, tiny_data, tiny_recipe

REGISTRY = find()
IMAGES, TEXTS = REGISTRY.tasks["cifar10"], REGISTRY.tasks["imdb"]


def arm(*names: str, task: str = "cifar10", **changes: object) -> CompiledArm:
    of = REGISTRY.tasks[task]
    recipe = changed(tiny_recipe(of), changes, task)
    strategies = [REGISTRY.strategy(name)() for name in names]
    return CompiledArm(of, strategies, recipe, Settings(), tiny_data(of))


def test_mirrored_is_the_mean_over_both_sides() -> None:
    one = tiny_arm(IMAGES)
    test, rows = one.data.test, np.arange(8)
    other = Arrays(tf.reverse(test.values, [2]), test.labels, None)
    predict = PREDICTIONS["mirrored"](one)
    assert predict is not None
    expected = (one.logits(test) + one.logits(other)) / 2
    np.testing.assert_allclose(predict(test, rows), expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(one.logits(test), one.logits(other))
    assert PREDICTIONS["mirrored"](tiny_arm(TEXTS)) is None


@pytest.mark.parametrize("factor", [0.25, 1.0, 6.0])
def test_the_temperature_is_the_factor_by_which_logits_are_too_sharp(factor: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (20_000, 4))
    labels = np.array([random.choice(4, p=p) for p in softmax(logits, axis=1)])
    assert fitted(factor * logits, labels) == pytest.approx(factor, rel=0.05)


def test_a_temperature_changes_no_answer_and_comes_from_validation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number of examples stands in for the temperature: 8 for validation, 24 for training."""
    monkeypatch.setattr(
        "bench.training.predictions.fitted", lambda logits, labels: len(logits) + 0.1 * labels[1]
    )
    one = tiny_arm(IMAGES)
    predict = PREDICTIONS["temperature"](one)
    assert predict is not None
    plain, scaled = one.logits(one.data.test), predict(one.data.test, np.arange(8))
    ratio = plain / scaled
    label = one.data.pool.labels.numpy()[one.draw.validation][1]
    np.testing.assert_allclose(ratio, 8 + 0.1 * label, rtol=1e-4)


def test_noise_is_the_mean_probability_of_passes_with_noise() -> None:
    one = arm("dropout", "batch_norm")
    before = [v.numpy().copy() for v in one.network.variables]
    predict = PREDICTIONS["noise"](one)
    assert predict is not None
    rows = np.arange(8)
    noisy = predict(one.data.test, rows)
    np.testing.assert_allclose(np.exp(noisy).sum(axis=1), 1.0, rtol=1e-5)
    plain = log_softmax(one.logits(one.data.test), axis=1)
    assert not np.allclose(noisy, plain, atol=1e-3)
    np.testing.assert_array_equal(noisy, predict(one.data.test, rows))
    for variable, value in zip(one.network.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)  # moving statistics too
    assert PREDICTIONS["noise"](arm("batch_norm", "manifold_mixup")) is None


def test_a_dropped_kernel_is_noise() -> None:
    one = arm("drop_connect")
    predict = PREDICTIONS["noise"](one)
    assert predict is not None
    plain = log_softmax(one.logits(one.data.test), axis=1)
    assert not np.allclose(predict(one.data.test, np.arange(8)), plain, atol=1e-3)


def test_passes_with_noise_differ_and_their_mean_nears_the_plain_pass() -> None:
    """At a small rate the passes scatter around the plain one, by less after averaging."""
    strategy = REGISTRY.strategy("gaussian_noise")(0.05)
    one = CompiledArm(IMAGES, [strategy], tiny_recipe(IMAGES), Settings(), tiny_data(IMAGES))
    rows, plain = np.arange(8), softmax(one.logits(one.data.test), axis=1)

    def distance(passes: int) -> float:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bench.training.predictions.PASSES", passes)
            predict = PREDICTIONS["noise"](one)
            assert predict is not None
            return float(np.abs(np.exp(predict(one.data.test, rows)) - plain).mean())

    assert 0 < distance(64) < 0.6 * distance(1)
    assert PASSES > 1


def test_a_record_has_those_that_apply_and_the_plain_scores_stay() -> None:
    plain = Trainer(arm("dropout")).run(0)
    ways = Trainer(arm("dropout", predictions=("mirrored", "temperature", "noise"))).run(0)
    assert ways.final == plain.final
    assert ways.hashes == plain.hashes
    assert plain.predictions == {}
    assert list(ways.predictions) == ["mirrored", "temperature", "noise"]
    assert ways.final is not None
    assert ways.predictions["temperature"].correct == ways.final.correct
    texts = Trainer(arm(task="imdb", predictions=("mirrored", "noise"))).run(0)
    assert texts.predictions == {}
