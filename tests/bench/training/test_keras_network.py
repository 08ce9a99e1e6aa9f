"""A user's Keras model: its own losses, its statistics, its names, and unsuitable models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import UsageError
from bench.core.strategy import applicability, configured
from bench.networks.forward_pass import Pass
from bench.plugins.registry import find
from bench.training.batch_stages import after_examples, features
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.trainer import Trainer
from tests.bench.training.keras_task import (
    CLASSES,
    SIDE,
    VOCABULARY,
    Make,
    UserTask,
    arm,
    layers,
)

REGISTRY = find()
L = keras.layers
FLAT = layers(L.Flatten, lambda: L.Dense(CLASSES))


def strategy(name: str, **parameters: Any) -> Any:
    return configured(REGISTRY.strategy(name), parameters)


def objective(made: CompiledArm, seed: int = 0) -> float:
    """Return the objective of the first step."""
    made.reset(seed)
    return float(made.train_steps(tf.constant(0), tf.constant(1))[0])


# Losses that a model adds ------------------------------------------------------------------------


class Pulled(L.Layer):
    """A layer that adds a constant to the objective."""

    def call(self, values: Any) -> Any:
        self.add_loss(tf.constant(7.0))
        return values


class Activity(keras.regularizers.Regularizer):
    """An activity penalty of one for each example; Keras divides by the number of examples."""

    def __call__(self, values: Any) -> Any:
        return tf.cast(tf.shape(values)[0], tf.float32)


PENALIZED = {
    "add_loss": (layers(Pulled, L.Flatten, lambda: L.Dense(CLASSES)), 7.0),
    "activity": (
        layers(L.Flatten, lambda: L.Dense(CLASSES, activity_regularizer=Activity())),
        1.0,
    ),
    "kernel": (
        layers(
            L.Flatten,
            lambda: L.Dense(CLASSES, kernel_initializer="ones", kernel_regularizer="l2"),
        ),
        0.01 * SIDE * SIDE * CLASSES,
    ),
}  # fmt: skip
"""Kind of loss -> a model with it, and its value in the first step."""
UNPENALIZED = {
    "add_loss": FLAT,
    "activity": FLAT,
    "kernel": layers(L.Flatten, lambda: L.Dense(CLASSES, kernel_initializer="ones")),
}


@pytest.mark.parametrize("around", ["", "sam", "r_drop", "focal_loss", "label_smoothing"])
@pytest.mark.parametrize("kind", PENALIZED)
def test_losses_that_a_model_adds_are_part_of_the_objective(kind: str, around: str) -> None:
    stack = [strategy(around)] if around else []
    model, penalty = PENALIZED[kind]
    added = objective(arm(model, stack)) - objective(arm(UNPENALIZED[kind], stack))
    assert added == pytest.approx(penalty, rel=1e-5)


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
@pytest.mark.parametrize("around", ["", "sam", "r_drop"])
def test_a_penalty_of_the_kernel_shrinks_it(precision: str, around: str) -> None:
    sizes = []
    for strength in (0.0, 100.0):
        regularizer = keras.regularizers.L2(strength)
        model = layers(L.Flatten, lambda r=regularizer: L.Dense(CLASSES, kernel_regularizer=r))
        made = arm(model, [strategy(around)] if around else [], Settings(precision))
        made.reset(0)
        made.train_steps(tf.constant(0), tf.constant(6))
        sizes.append(float(np.linalg.norm(made.weights.trainable[0])))
    assert sizes[1] < 0.9 * sizes[0]


# Moving statistics -------------------------------------------------------------------------------

NORMALIZED = layers(
    lambda: L.Conv2D(4, 3), L.BatchNormalization, L.ReLU, L.GlobalAveragePooling2D,
    lambda: L.Dense(CLASSES),
)  # fmt: skip
LONG = {"steps": 40, "learning_rate": 0.02, "train_examples": 120}


@pytest.mark.parametrize("statistics", ["recalibrated", "moving"])
def test_an_average_that_keeps_nothing_scores_as_the_baseline(statistics: str) -> None:
    """A decay of 0 looked like +29 points of accuracy: the two were evaluated in different ways."""
    stack = [strategy("ema", decay=0.0)]
    baseline, average = (
        Trainer(arm(NORMALIZED, s, statistics=statistics, **LONG)).run(0) for s in ([], stack)
    )
    assert baseline.final == average.final
    assert baseline.other_statistics == average.other_statistics
    assert baseline.curve == average.curve


def test_statistics_that_lag_behind_show_beside_the_scores() -> None:
    recalibrated, moving = (
        Trainer(arm(NORMALIZED, statistics=statistics, **LONG)).run(0)
        for statistics in ("recalibrated", "moving")
    )
    assert recalibrated.final == moving.other_statistics
    assert recalibrated.other_statistics == moving.final
    assert recalibrated.final is not None
    assert moving.final is not None
    assert recalibrated.final.nll < 0.9 * moving.final.nll  # type: ignore[operator]
    assert Trainer(arm(FLAT)).run(0).other_statistics is None


def frozen() -> keras.Model:
    norm = L.BatchNormalization()
    norm.trainable = False
    return keras.Sequential([L.Conv2D(4, 3), norm, L.BatchNormalization(), *pooled()])


def adapted() -> keras.Model:
    scale = L.Normalization(axis=None)
    scale.adapt(np.linspace(0, 1, 100).reshape(-1, 1))
    return keras.Sequential([scale, L.Conv2D(4, 3), L.BatchNormalization(), *pooled()])


def spectral() -> keras.Model:
    return keras.Sequential([
        L.SpectralNormalization(L.Conv2D(4, 3)), L.BatchNormalization(), *pooled()
    ])  # fmt: skip


def pooled() -> list[keras.layers.Layer]:
    return [L.ReLU(), L.GlobalAveragePooling2D(), L.Dense(CLASSES)]


OUTSIDE = L.Normalization(axis=None)
OUTSIDE.adapt(np.linspace(0, 1, 100).reshape(-1, 1))


def adapted_outside() -> keras.Model:
    return keras.Sequential([OUTSIDE, L.Flatten(), L.Dense(CLASSES)])


@pytest.mark.parametrize("make", [frozen, adapted, adapted_outside, spectral])
@pytest.mark.parametrize("name", ["", "ema", "swa"])
def test_only_variables_that_training_changes_are_estimated(make: Make, name: str) -> None:
    made = arm(make, [strategy(name)] if name else [])
    made.reset(0)
    fixed = [v for v in made.network.non_trainable_variables if not changes(made, v)]
    before = [v.numpy() for v in fixed]
    made.recalibrate(2)
    for variable, value in zip(fixed, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    result = Trainer(made).run(0)
    assert result.status == "ok"


def changes(made: CompiledArm, variable: Any) -> bool:
    return any(variable.value is average for average in made.averages)


def test_frozen_and_adapted_layers_have_no_state() -> None:
    assert len(arm(frozen).weights.state) == len(arm(adapted).weights.state) == 2
    assert arm(adapted_outside).weights.state == []


# Names -------------------------------------------------------------------------------------------


def test_initial_weights_have_names_that_arms_share() -> None:
    """Keras numbers layers across models, so its names differ from arm to arm."""
    hashes = []
    for seed in (0, 0, 1):
        made = arm(NORMALIZED)
        made.reset(seed)
        hashes.append(made.initial_hashes())
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 9  # 2 of the convolution, 4 of the norm, 2 dense, the mean color
    assert hashes[0].keys() == hashes[2].keys()
    assert hashes[0]["1/kernel"] != hashes[2]["1/kernel"]


# What a strategy sees ----------------------------------------------------------------------------


def test_cutout_paints_the_mean_color_and_the_model_gets_pixels() -> None:
    made = arm(FLAT, [strategy("cutout", size=2 * SIDE)])
    made.reset(0)
    pixels = made.examples(48)
    mean = tf.reduce_mean(pixels)
    seen: list[tf.Tensor] = []
    inner = made.network.model
    made.network.model = lambda values, training: seen.append(values) or inner(values)
    moments = made.moments(tf.range(12), tf.constant(0), {})
    batch = after_examples(made.strategies, made.batch(tf.range(12)), moments)
    for changed, expected in (
        (features(made.strategies, made.network, batch, moments).values, tf.fill(12, mean)),
        (made.network.embed(batch.values), batch.values[:, SIDE // 2, SIDE // 2, 0]),
    ):
        made.network.call(changed, Pass((), None))
        middle = seen[-1][:, SIDE // 2, SIDE // 2, 0]
        np.testing.assert_allclose(middle, expected, atol=1e-6)


def test_a_model_computes_in_the_precision_of_the_study() -> None:
    made = arm(FLAT, settings=Settings("mixed_float16"))
    assert made.network.model.layers[-1].compute_dtype == "float16"
    assert keras.config.dtype_policy().name == "float32"
    assert Trainer(made).run(0).status == "ok"


EMBEDDED = layers(
    lambda: L.Embedding(VOCABULARY, 8, mask_zero=True), lambda: L.LSTM(4),
    lambda: L.Dense(CLASSES),
)  # fmt: skip


TEXT = UserTask(EMBEDDED, "text")


def test_what_changes_embeddings_does_not_apply_to_a_model_that_gets_token_ids() -> None:
    for name in ("mixup", "embedding_dropout", "fgm", "freelb", "regmixup", "token_cutoff", "vat"):
        assert "token ids" in (applicability(strategy(name), TEXT.facts) or "")
        assert applicability(strategy(name), REGISTRY.task("imdb").facts) is None


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[] if name == "word_dropout" else [pytest.mark.slow])
    for name, kind in REGISTRY.strategies.items() if applicability(kind(), TEXT.facts) is None
])  # fmt: skip
@pytest.mark.filterwarnings("error:.*does not support masking")
def test_what_applies_to_token_ids_trains_on_them(name: str) -> None:
    assert Trainer(arm(EMBEDDED, [strategy(name)], modality="text")).run(0).status == "ok"


# What cannot be trained --------------------------------------------------------------------------


def multi() -> keras.Model:
    first, second = keras.Input((SIDE, SIDE, 1)), keras.Input((4,))
    joined = L.Concatenate()([L.Flatten()(first), second])
    return keras.Model([first, second], L.Dense(CLASSES)(joined))


def forked() -> keras.Model:
    values = keras.Input((SIDE, SIDE, 1))
    flat = L.Flatten()(values)
    return keras.Model(values, [L.Dense(CLASSES)(flat), L.Dense(CLASSES)(flat)])


class Probabilities(keras.Model):
    """A model of the user's own class, whose last operation is a softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.head = L.Flatten(), L.Dense(CLASSES)

    def call(self, values: Any) -> Any:
        return tf.nn.softmax(self.head(self.flat(values)))


UNUSABLE: dict[str, tuple[Make, str]] = {
    "none": (lambda: None, "returns NoneType"),
    "function": (lambda: lambda values: values, "returns function"),
    "raises": (lambda: 1 / 0, "raised ZeroDivisionError: division by zero"),
    "two inputs": (multi, "2 inputs"),
    "two outputs": (forked, "2 outputs"),
    "ten units": (layers(L.Flatten, lambda: L.Dense(10)), r"gives \(2, 10\)"),
    "one unit": (layers(L.Flatten, lambda: L.Dense(1)), r"gives \(2, 1\)"),
    "not flat": (layers(lambda: L.Dense(CLASSES)), "logits"),
    "other size": (
        lambda: keras.Sequential([keras.Input((5, 5, 1)), L.Flatten(), L.Dense(CLASSES)]),
        "fails on a batch",
    ),
    "softmax": (layers(L.Flatten, lambda: L.Dense(CLASSES, "softmax")), "ends in a softmax"),
    "softmax layer": (layers(L.Flatten, lambda: L.Dense(CLASSES), L.Softmax), "ends in a softmax"),
    "sigmoid": (layers(L.Flatten, lambda: L.Dense(CLASSES, "sigmoid")), "ends in a sigmoid"),
    "own class": (Probabilities, "ends in a softmax"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_model_that_cannot_be_trained_is_one_line(kind: str) -> None:
    make, told = UNUSABLE[kind]
    with pytest.raises(UsageError, match=told) as caught:
        Trainer(arm(make)).run(0)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_weight_that_the_loss_does_not_use_is_named() -> None:
    class Unused(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.flat, self.head, self.other = L.Flatten(), L.Dense(CLASSES), L.Dense(2)

        def call(self, values: Any) -> Any:
            flat = self.flat(values)
            self.other(flat)
            return self.head(flat)

    with pytest.raises(UsageError, match="does not depend on 2 of 4 weights"):
        Trainer(arm(Unused)).run(0)
