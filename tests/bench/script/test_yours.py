"""A script around a Keras model of the user's own trains as the suite trains that model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from bench import Recipe, Source, Strategy
from bench.core.randomness import isolated_python_random
from bench.data.load import Subset
from bench.networks.keras_network import made
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData
from tests.bench.script.equal import SEED, apart, executed, written
from tests.bench.script.test_equal import ROUNDING, SMALL
from tests.bench.training.keras_task import CLASSES, VOCABULARY, Make, UserTask, layers, recipe
from tests.strategies.arms import acting

REGISTRY = find()


def frozen() -> keras.layers.Layer:
    layer = keras.layers.BatchNormalization()
    layer.trainable = False
    return layer


def head(**options: Any) -> keras.layers.Layer:
    return keras.layers.Dense(CLASSES, **options)


PLAIN = layers(keras.layers.Flatten, head)
NORMALIZED = layers(
    lambda: keras.layers.Conv2D(4, 3), frozen, keras.layers.BatchNormalization, keras.layers.Flatten,
    lambda: head(kernel_regularizer=keras.regularizers.L2(0.5)),
)  # fmt: skip
"""With a frozen layer below a normalization, and with a loss of its own."""
TEXTS = layers(
    lambda: keras.layers.Embedding(VOCABULARY, 4), keras.layers.GlobalAveragePooling1D, head
)
"""Its mean is over the words that the mask leaves."""


def named(names: Sequence[str]) -> list[Strategy]:
    return [replace(acting(REGISTRY, name), **SMALL.get(name, {})) for name in names]


def difference(task: UserTask, strategies: Sequence[Strategy], folder: Path) -> float:
    chosen = recipe(resample=False)
    data = DeviceData.of(task.load(chosen, Source()), resample=False)
    arm = CompiledArm(task, strategies, chosen, Settings(), data)
    script = executed(written(task, strategies, chosen), folder)

    def make_network() -> Any:
        with isolated_python_random(SEED):
            return script["YourNetwork"](made(task.make))

    return apart(arm, script, {"make_network": make_network})


@pytest.mark.parametrize(
    ("make", "modality", "names"),
    [
        (PLAIN, "image", ["cutout"]),
        (NORMALIZED, "image", []),
        (TEXTS, "text", ["label_smoothing"]),
        pytest.param(NORMALIZED, "image", ["r_drop", "sam"], marks=pytest.mark.slow),
        pytest.param(NORMALIZED, "image", ["adaptive_gradient_clipping"], marks=pytest.mark.slow),
        pytest.param(NORMALIZED, "image", ["ema", "mixup"], marks=pytest.mark.slow),
        pytest.param(TEXTS, "text", [], marks=pytest.mark.slow),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_a_users_model_trains_alike(
    make: Make, modality: str, names: list[str], tmp_path: Path
) -> None:
    assert difference(UserTask(make, modality), named(names), tmp_path) < ROUNDING


class Fractions(UserTask):
    """The same images as numbers in [0, 1]."""

    def load(self, recipe: Recipe, source: Source) -> Subset:
        bytes_ = super().load(recipe, source)
        splits = {
            name: replace(split, values=(split.values / 255.0).astype(np.float32))
            for name in ("train", "validation", "test")
            for split in [getattr(bytes_, name)]
        }
        return replace(bytes_, **splits)


def test_images_that_are_no_bytes_are_not_divided_again(tmp_path: Path) -> None:
    assert difference(Fractions(PLAIN), [], tmp_path) < ROUNDING
    text = (tmp_path / "recipe_script.py").read_text()
    assert "images float32 in [0, 1]" in text
    assert "uint8" not in text
