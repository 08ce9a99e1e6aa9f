"""Every strategy that applies runs on data of one's own, whatever its size, channels and classes.

`make test` trains a stack of them; `make test-long` all, in stacks without a conflict.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bench.core.recipe import changed
from bench.core.strategy import applicability, clash
from bench.data.source import Source
from bench.plugins import model as models
from bench.plugins.own_tasks import named
from bench.plugins.registry import find
from bench.tasks.loading import load_data
from bench.tasks.own import AddressedTask
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData
from bench.training.trainer import Trainer
from tests.bench.data.own.made import noise
from tests.strategies.settings import ACTING

REGISTRY = find()
SHAPES = {"grey": (8, 8), "four": (9, 16, 4), "wide": (8, 31, 3)}
SMALL = {"steps": 2, "batch_size": 8, "evaluations": 1, "train_examples": 40, "widths": (4, 8)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    for number, (name, shape) in enumerate(SHAPES.items()):
        labels = np.arange(90) % 3
        np.savez(folder / f"{name}.npz", x_train=noise(number, 90, *shape), y_train=labels)
    np.savez(folder / "many.npz", x_train=noise(9, 2_000, 8, 8), y_train=np.arange(2_000) % 1_000)
    rows = [f"w{i % 7} w{i} {'x ' * (i % 40)},{i % 3}" for i in range(90)] + [",0"]
    (folder / "texts.csv").write_text("text,label\n" + "\n".join(rows))
    return folder


@cache
def task_and_data(address: str) -> tuple[AddressedTask, DeviceData]:
    asked = named(REGISTRY, [address], {}, None, "smoke", Source())
    task = asked.registry.task(asked.tasks[0])
    assert isinstance(task, AddressedTask)
    recipe = small(task)
    return task, DeviceData.of(load_data(task, recipe, Source()), recipe.resample)


def small(task: AddressedTask, **changes: object):  # type: ignore[no-untyped-def]
    recipe = task.recipe("smoke")
    values = {name: value for name, value in SMALL.items() if hasattr(recipe, name)}
    return changed(recipe, {**values, **changes}, task.facts.name)


def train(address: str, names: tuple[str, ...], **changes: object) -> None:
    """Train two steps, and check that the test split is evaluated."""
    task, data = task_and_data(address)
    stack = [REGISTRY.strategy(name)(**ACTING.get(name, {})) for name in names]
    arm = CompiledArm(task, stack, small(task, **changes), Settings(), data)
    result = Trainer(arm).run(0)
    assert result.status == "ok"
    assert result.final is not None
    assert sum(result.final.class_total) == small(task).test_examples


def stacks(modality: str) -> list[tuple[str, ...]]:
    """Divide the strategies that apply into few stacks without a conflict."""
    from bench.tasks.cifar10 import Cifar10
    from bench.tasks.imdb import Imdb

    facts = (Cifar10 if modality == "image" else Imdb).facts
    made: list[list[str]] = []
    for name, kind in REGISTRY.strategies.items():
        strategy = kind(**ACTING.get(name, {}))
        if applicability(strategy, facts) is not None:
            continue
        for stack in made:
            others = [REGISTRY.strategy(n)(**ACTING.get(n, {})) for n in stack]
            if clash([*others, strategy]) is None:
                stack.append(name)
                break
        else:
            made.append([name])
    return [tuple(stack) for stack in made]


IMAGE, TEXT = stacks("image"), stacks("text")


def test_a_stack_on_four_channels(folder: Path) -> None:
    train(f"npz:{folder / 'four.npz'}", IMAGE[2])


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("names", IMAGE, ids="+".join)
def test_all_stacks_on_all_shapes(names: tuple[str, ...], shape: str, folder: Path) -> None:
    train(f"npz:{folder / f'{shape}.npz'}", names)


@pytest.mark.slow
@pytest.mark.parametrize("names", TEXT, ids="+".join)
def test_all_stacks_on_texts(names: tuple[str, ...], folder: Path) -> None:
    train(f"csv:{folder / 'texts.csv'}", names)


def test_a_thousand_classes(folder: Path) -> None:
    train(f"npz:{folder / 'many.npz'}", ("mixup",))


@pytest.mark.parametrize("network", ["fast", "ngrams"])
def test_the_other_network(network: str, folder: Path) -> None:
    address = f"csv:{folder / 'texts.csv'}" if network == "ngrams" else f"npz:{folder / 'four.npz'}"
    train(address, ("label_smoothing",), network=network)


def test_a_network_that_the_images_are_too_small_for(folder: Path) -> None:
    from bench.core.errors import UsageError

    with pytest.raises(UsageError, match="halves its maps 3 times, and the images are 8x8"):
        train(f"npz:{folder / 'grey.npz'}", (), network="fast", widths=(4, 4, 4))


MODELS = """
import keras

def words(input_shape, classes, vocabulary):
    layers = [keras.layers.Embedding(vocabulary, 8, mask_zero=True), keras.layers.LSTM(8)]
    return keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dense(classes)])

def pixels(input_shape, classes):
    layers = [keras.layers.Flatten(), keras.layers.Dropout(0.5), keras.layers.Dense(classes)]
    return keras.Sequential([keras.Input(input_shape), *layers])
"""


@pytest.mark.parametrize(("data", "function"), [("texts.csv", "words"), ("four.npz", "pixels")])
def test_a_model_of_ones_own_trains(
    data: str, function: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its dropout follows the seed of the trial: two trainings are the same, bit for bit."""
    (folder / "models.py").write_text(MODELS)
    monkeypatch.setattr(models, "check", lambda *_: ())
    kind = "csv" if data.endswith("csv") else "npz"
    model = f"{folder / 'models.py'}:{function}"
    asked = named(REGISTRY, [f"{kind}:{folder / data}"], {}, model, "smoke", Source())
    task = asked.registry.task(asked.tasks[0])
    assert isinstance(task, AddressedTask)
    recipe = small(task)
    arrays = DeviceData.of(load_data(task, recipe, Source()), recipe.resample)
    stack = [REGISTRY.strategy("label_smoothing")()]
    trainer = Trainer(CompiledArm(task, stack, recipe, Settings(), arrays))
    losses = [[point.train_loss for point in trainer.run(seed).curve] for seed in (0, 1, 0)]
    assert losses[0] == losses[2] != losses[1]
