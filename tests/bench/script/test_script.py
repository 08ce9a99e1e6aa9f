"""A script reads as if this suite did not exist, and contains no more than its arm needs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import Batch, KerasNetwork, Loss, LossResult, Moment, Parts, Recipe, Strategy
from bench.core import strategy as contract
from bench.core.errors import UsageError
from bench.core.recipe import changed
from bench.networks.residual import ResidualNetwork, Standard
from bench.plugins.registry import find
from bench.script import texts
from bench.script.notes import Notes
from bench.script.script import script
from strategies.label_smoothing import LabelSmoothing
from tests.bench.script.equal import written
from tests.bench.script.test_equal import VARIANTS
from tests.bench.training.keras_task import CLASSES, UserTask, layers, recipe
from tests.strategies.arms import TEMPLATE, acting
from tests.tiny import tiny_recipe

REGISTRY = find()
OURS = re.compile(
    r"\b(flow|parts\.\w+|Slot|moment|Batch|strategy|strategies|bench|harness|Weights|Now)\b"
)
"""Words of the suite."""


def text_of(variant: str, names: Sequence[str]) -> str:
    name, changes = VARIANTS[variant]
    task = REGISTRY.task(name)
    return written(
        task, [acting(REGISTRY, n) for n in names], changed(tiny_recipe(task), changes, name)
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_baseline_holds_no_trace_of_stages(variant: str) -> None:
    text = text_of(variant, [])
    assert OURS.findall(text) == []


def test_a_stage_that_is_empty_leaves_nothing_beside_one_that_is_not() -> None:
    text = text_of("residual", ["label_smoothing"])
    assert "label_smoothing_loss(features, forward)" in text
    for word in ("Slot", "Weights", "Now", "gradients_here", "itertools", "recalibrate"):
        assert word not in text


@pytest.mark.parametrize(
    ("variant", "names"),
    [
        ("residual", ["batch_norm", "sam", "r_drop", "manifold_mixup", "ema", "max_norm"]),
        ("transformer", ["layer_norm", "stochastic_depth", "dropout", "word_dropout", "fgm"]),
    ],
)
def test_a_script_is_clean_code(variant: str, names: list[str], tmp_path: Path) -> None:
    assert_clean(text_of(variant, names), tmp_path)


def assert_clean(text: str, folder: Path) -> None:
    path = folder / "script.py"
    path.write_text(text)
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    rules = ["--isolated", "--select", "E,F,W,I,B,UP", "--line-length", "105"]
    done = subprocess.run([*ruff, "check", *rules, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_values_of_a_script_have_the_fields_of_the_contract() -> None:
    for name, text in texts.VALUES.items():
        space: dict[str, type] = {}
        exec("import tensorflow as tf\nfrom typing import NamedTuple\n" + text, space)
        assert space[name]._fields == getattr(contract, name)._fields  # type: ignore[attr-defined]


def test_a_strategy_of_a_plugin_is_written_from_its_own_file() -> None:
    kind = find([TEMPLATE]).strategy("template")
    text = written(REGISTRY.task("cifar10"), [kind()], tiny_recipe(REGISTRY.task("cifar10")))
    assert "def with_noise(values, scale, key):" in text
    assert "TEMPLATE_SCALE = 0.1  # standard deviation" in text


@dataclass(frozen=True)
class HandsOn(LabelSmoothing):
    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        return looked(moment, rest(batch))


def looked(moment: Moment, result: LossResult) -> LossResult:
    return result


@dataclass(frozen=True)
class NamedLikeTheScript(LabelSmoothing):
    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        return forward(rest(batch))


def forward(result: LossResult) -> LossResult:
    return result


def test_such_a_strategy_is_written_beside_the_scripts_own_function() -> None:
    text = text_with(NamedLikeTheScript())
    assert len(re.findall(r"def forward\(", text)) == 1
    assert "def label_smoothing_forward(result):" in text


def test_a_strategy_that_a_script_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="hands on its whole 'moment'"):
        text_with(HandsOn())


def text_with(strategy: Strategy) -> str:
    return written(REGISTRY.task("cifar10"), [strategy], tiny_recipe(REGISTRY.task("cifar10")))


def test_what_a_user_has_to_fill_in_is_named(tmp_path: Path) -> None:
    import keras

    normalized = keras.layers.BatchNormalization
    make = layers(
        normalized,
        keras.layers.Flatten,
        lambda: keras.layers.Dense(CLASSES, kernel_regularizer="l2"),
    )
    members = [LabelSmoothing(), acting(REGISTRY, "sam"), acting(REGISTRY, "early_stopping")]
    made = script(UserTask(make), members, recipe(), "users:1", "A script.", Notes("", {}))
    assert [line.partition(":")[0] for line in made.left] == ["make_network", "load_data"]
    assert "users:1" in made.text
    assert KerasNetwork.__name__ not in made.text
    assert_clean(made.text, tmp_path)


def test_pixels_are_standardized_by_the_figures_of_the_network() -> None:
    class Own(type(REGISTRY.task("cifar10"))):  # type: ignore[misc]
        def network(self, recipe: Recipe, parts: Parts) -> ResidualNetwork:
            return ResidualNetwork(parts, (4,), 10, "relu", Standard((0.1,) * 3, (0.2,) * 3))

    Own.__module__ = "bench.tasks.own"
    text = written(Own(), [], tiny_recipe(REGISTRY.task("cifar10")))
    assert "standard=Standard(mean=(0.1, 0.1, 0.1), deviation=(0.2, 0.2, 0.2))" in text
    assert "(tf.cast(values, tf.float32) - self.mean) / self.deviation" in text
