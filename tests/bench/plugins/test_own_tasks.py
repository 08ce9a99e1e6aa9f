"""Tasks by address: their names, and their way through a stored study into a worker."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from bench.cli.asked_tasks import listed
from bench.cli.data import data_card
from bench.core.errors import BenchError, UsageError
from bench.core.study import OwnTask
from bench.data.child import ChildResult
from bench.data.own.address import parse
from bench.networks.forward_pass import Pass
from bench.networks.parts import Parts
from bench.plugins import model as models
from bench.plugins.model_check import checked
from bench.plugins.own_tasks import Named, absolute, named
from bench.plugins.registry import find
from bench.running.plan import plan
from bench.running.profiles import PROFILES
from bench.running.request import Request
from bench.running.training_work import TrainingWork
from bench.tasks.loading import load_data
from bench.tasks.own_recipes import IMAGE_SIZES, TEXT_SIZES, examples
from bench.tasks.task import Source
from tests.bench.data.own.made import noise, write_folder

AUTO = Source()


def ask(*texts: str, profile: str = "smoke", **options: str) -> Named:
    return named(find(), texts, options, None, profile, AUTO)


def write_reviews(path: Path, rows: int = 60) -> str:
    lines = [f"w{i % 7} w{i} w{i % 3},{'good' if i % 4 else 'bad'}" for i in range(rows)]
    path.write_text("text,label\n" + "\n".join(lines) + "\n")
    return f"csv:{path}"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("csv:a/my reviews (2).csv", "csv-my-reviews-2"),
        ("folder:/x/Bilder/", "folder-Bilder"),
        ("tfds:ag_news_subset", "tfds-ag_news_subset"),
        ("tfds:imdb_reviews/plain_text", "tfds-imdb_reviews-plain_text"),
    ],
)
def test_the_name_of_a_task_is_safe_in_a_file_name(address: str, name: str) -> None:
    assert parse(address).name == name


def test_equal_or_empty_names_get_a_part_of_the_identity(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    first = write_reviews(tmp_path / "one" / "r.csv")
    second = write_reviews(tmp_path / "two" / "r.csv", rows=50)
    other = write_reviews(tmp_path / "\N{SNOWMAN}.csv")
    tasks = ask(first, "cifar10", second, other).tasks
    assert tasks[1] == "cifar10"
    assert len({*tasks}) == 4
    assert all(name.startswith("csv-") and len(name) > 10 for name in (tasks[0], *tasks[2:]))


def test_a_study_stores_what_makes_the_task_again_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 20, 9, 12, 3)
    monkeypatch.chdir(tmp_path)
    asked = ask("folder:p", size="8x10")
    request = Request("smoke", asked.tasks, ["mixup"], first_seed=0)
    study = plan(request, asked.registry, AUTO).study
    assert study.name == "smoke-folder-p"
    assert study.own_tasks == {
        "folder-p": OwnTask(address="folder:p", options={"size": "8x10"}, class_names=("a", "b"))
    }
    stored = type(study).model_validate_json(study.model_dump_json())
    work = TrainingWork(stored.name, AUTO, stored.data, {}, own_tasks=stored.own_tasks)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = pickle.loads(pickle.dumps(work)).registry.task("folder-p")
    assert again.identify(AUTO).name == stored.data["folder-p"]
    arm = stored.arm("folder-p", "baseline")
    recipe = type(again.profiles["smoke"]).stored(arm.recipe)
    subset = load_data(again, recipe, AUTO)
    assert subset.train.values.shape[1:] == (8, 10, 3)
    assert work.code(arm) == arm.code


def test_changed_data_is_other_data(tmp_path: Path) -> None:
    address = write_reviews(tmp_path / "r.csv")
    before = ask(address).registry.task("csv-r").identify(AUTO).name
    write_reviews(tmp_path / "r.csv", rows=61)
    assert ask(address).registry.task("csv-r").identify(AUTO).name != before


@pytest.mark.parametrize("rows", [4, 7, 30, 400, 9_000])
def test_every_profile_of_texts_fits_the_data(rows: int, tmp_path: Path) -> None:
    asked = ask(write_reviews(tmp_path / "r.csv", rows))
    task = asked.registry.task(asked.tasks[0])
    for profile in task.profiles:
        recipe = task.recipe(profile)
        subset = load_data(task, recipe, AUTO)
        assert len(subset.train) == recipe.train_examples
        assert int(subset.pool.values.max()) < recipe.vocabulary  # type: ignore[attr-defined]


def test_texts_that_look_alike_to_the_network_leave_room_for_the_rest(tmp_path: Path) -> None:
    """The network sees 32 words, and only the last one differs."""
    alike = "".join(f"{'same ' * 32}word{i},{i % 2}\n" for i in range(200))
    rows = alike + "one,0\ntwo,1\nthree,0\nfour,1\n"
    (tmp_path / "r.csv").write_text("text,label\n" + rows)
    asked = ask(f"csv:{tmp_path / 'r.csv'}")
    task = asked.registry.task(asked.tasks[0])
    assert len(load_data(task, task.recipe("smoke"), AUTO).train) in range(1, 5)


def test_data_whose_training_examples_are_all_tested_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("text,label\n" + "same,0\nsame,1\n" * 10)
    with pytest.raises(
        UsageError, match=r"r\.csv: all 16 training texts occur in the test split too"
    ):
        ask(f"csv:{tmp_path / 'r.csv'}")
    alike = "".join(f"{'same ' * 32}word{i},{i % 2}\n" for i in range(20))
    (tmp_path / "r.csv").write_text("text,label\n" + alike)
    asked = ask(f"csv:{tmp_path / 'r.csv'}")
    with pytest.raises(UsageError, match="in the 32 words that profile smoke reads of a text"):
        asked.registry.task("csv-r").recipe("smoke")


def test_a_budget_asks_for_no_more_examples_than_there_are(tmp_path: Path) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 40, 8, 8)
    asked = ask(f"folder:{tmp_path / 'p'}")
    request = Request("quick", asked.tasks, ["mixup"], scale=4.0)
    recipe = plan(request, asked.registry, AUTO).study.arms[0].recipe
    assert (recipe["train_examples"], recipe["validation_examples"]) == (51, 13)
    plain = plan(request._replace(scale=1.0), asked.registry, AUTO).study.arms[0].recipe
    assert recipe["steps"] == 4 * plain["steps"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"validation_examples": "48"},
            "38 training and 48 validation examples are more than the 48 that there are; lower",
        ),
        ({"train_examples": "10000000"}, "10,000,000 training and 10 validation examples are more"),
        ({"test_examples": "13"}, "13 test examples are more than the 12 that there are"),
    ],
)
def test_a_recipe_of_more_examples_than_there_are_is_refused_in_the_plan(
    settings: dict[str, str], message: str, tmp_path: Path
) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 30, 8, 8)
    asked = ask(f"folder:{tmp_path / 'p'}")
    typed = {f"recipe.{name}": text for name, text in settings.items()}
    request = Request("smoke", asked.tasks, ["mixup"], settings=typed)
    with pytest.raises(UsageError, match=message) as error:
        plan(request, asked.registry, AUTO)
    assert "\n" not in str(error.value)


def test_a_comma_may_be_a_part_of_an_address() -> None:
    registry = find()
    assert listed("folder:a, b,cifar10,csv:c.csv", registry) == [
        "folder:a, b",
        "cifar10",
        "csv:c.csv",
    ]
    assert listed("cifar10, imdb", registry) == ["cifar10", "imdb"]
    with pytest.raises(UsageError, match="twice"):
        listed("csv:a,csv:a", registry)


@pytest.mark.parametrize("train", [2, 3, 10, 100, 5_000, 60_000])
def test_sizes_fit_and_are_those_of_the_built_in_tasks(train: int) -> None:
    for size in (*IMAGE_SIZES.values(), *TEXT_SIZES.values()):
        made = examples(size, train, 50)
        assert made["train_examples"] + made["validation_examples"] <= train
        assert 1 <= made["batch_size"] <= made["train_examples"]
    assert examples(IMAGE_SIZES["standard"], 50_000, 10_000) == {
        "train_examples": 4_000, "validation_examples": 2_000, "test_examples": 10_000,
        "batch_size": 128, "steps": 1_240, "evaluations": 20,
    }  # fmt: skip


@pytest.mark.parametrize("side", [8, 28, 100, 256])
def test_every_profile_of_images_builds_its_network(side: int, tmp_path: Path) -> None:
    write_folder(tmp_path / "p", ["a", "b"], 12, side, side + 1)
    asked = ask(f"folder:{tmp_path / 'p'}", size=f"{side}x{side + 1}")
    task = asked.registry.task(asked.tasks[0])
    assert set(task.profiles) == set(PROFILES)
    for profile in task.profiles:
        recipe = task.recipe(profile)
        network = task.network(recipe, Parts([], 0))
        images = load_data(task, recipe, AUTO).train.values[:4].astype(np.float32) / 255
        logits = network(network.embed(tf.constant(images)), flow=Pass((), tf.ones(len(images))))
        assert np.isfinite(logits.numpy()).all()
        assert logits.shape == (len(images), 2)


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["cifar10"], {"size": "8"}, "data.size needs a task by address"),
        (["csv:none.csv"], {"size": "8"}, "unknown option of csv: data 'data.size'"),
        (["csv:none.csv"], {}, "is no file"),
        (["files:x"], {}, "unknown kind of data 'files'"),
        (["csv:"], {}, "names no data"),
        (["csv:~no-such-user/a.csv"], {}, "home directory"),
        (["csv:\udcff.csv"], {}, "no UTF-8"),
        (["tfds:a/b/c"], {}, "write tfds:NAME"),
    ],
)
def test_addresses_of_no_data(texts: list[str], options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ask(*texts, **options)


def test_own_data_has_no_stand_in(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no stand-in"):
        named(find(), [write_reviews(tmp_path / "r.csv")], {}, None, "smoke", Source("synthetic"))


@pytest.mark.parametrize("line", ["", "3", "Killed"])
def test_a_check_of_a_model_that_ends_without_a_result(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "run_module", lambda *_: ChildResult(9, line))
    with pytest.raises(UsageError, match=rf"ended with exit code 9 \({line}\)"):
        models.check(models.ModelAddress("m.py", "f"), {}, "image")


def test_a_module_of_a_model_that_does_not_import() -> None:
    with pytest.raises(UsageError, match=r"^no_such_module does not import: ModuleNotFoundError"):
        models.function(models.ModelAddress("no_such_module", "f"))


@pytest.mark.parametrize(
    ("address", "settings", "message"),
    [
        ("csv:{0},npz:a.npz", [], "shows one"),
        ("csv:{0}", ["recipe.units=3"], "settings of the data alone"),
        ("csv:{0}", ["data.text=a", "data.text=b"], "data.text is given twice"),
        ("csv:{0}", ["data.split_seed=18446744073709551616"], "give a whole number"),
        ("cifar10", [], "no address"),
    ],
)
def test_a_card_that_cannot_be_shown(
    address: str, settings: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", x_train=noise(0, 9, 8, 8), y_train=np.arange(9) % 2)
    write_reviews(tmp_path / "r.csv")
    with pytest.raises(UsageError, match=message):
        data_card(address.format("r.csv"), "smoke", set_=settings)


def _checked_here(address: models.ModelAddress, sizes: dict, modality: str) -> tuple[str, ...]:
    """Check the model in this process, which has already imported TensorFlow."""
    try:
        return checked(address, sizes, modality)
    except BenchError as error:
        raise UsageError(str(error)) from None


MODELS = """
import keras

def small(input_shape, classes):
    layers = [keras.layers.Flatten(), keras.layers.Dense(8), keras.layers.BatchNormalization()]
    return keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dropout(0.5),
                             keras.layers.Dense(classes, kernel_regularizer="l2")])

def soft(input_shape, classes):
    layers = [keras.layers.Flatten(), keras.layers.Dense(classes, "softmax")]
    return keras.Sequential([keras.Input(input_shape), *layers])

def other(shape, count):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(count + 1)])

def three(a, b, c):
    return None

def frozen(input_shape, classes):
    model = small(input_shape, classes)
    model.trainable = False
    return model

def ends(input_shape, classes):
    raise SystemExit("no more")
"""


@pytest.mark.parametrize("in_child", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_model_of_ones_own_is_looked_at_before_anything_trains(
    in_child: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not in_child:
        monkeypatch.setattr(models, "check", _checked_here)
    path = tmp_path / "models.py"
    path.write_text(MODELS)
    np.savez(tmp_path / "m.npz", x_train=noise(0, 60, 8, 9), y_train=np.arange(60) % 3)
    address = f"npz:{tmp_path / 'm.npz'}"

    def with_model(model: str) -> Named:
        return named(find(), [address], {}, model, "smoke", AUTO)

    asked = with_model(f"{path}:small")
    task = asked.registry.task("npz-m")
    assert task.facts.offers == {}
    study = plan(Request("smoke", asked.tasks, ["mixup"]), asked.registry, AUTO).study
    inside = ("BatchNormalization", "Dropout 0.5", "kernel_regularizer")
    assert study.own_tasks["npz-m"].inside == inside
    arm = study.arm("npz-m", "baseline")
    assert arm.recipe["network"] == "models.py:small"
    assert "model of npz-m" in arm.code
    assert absolute(study.own_tasks["npz-m"]).model == f"{path}:small"
    for function, message in (
        ("soft", "ends in a softmax; remove it"),
        ("other", r"must give logits \(2, 3\)"),
        ("three", "three takes a, b, c; it must take input_shape and classes"),
        ("frozen", "the model has no trainable weight"),
        ("ends", "the builder of the model raised SystemExit: no more"),
        ("smal", "did you mean 'small'"),
    ):
        with pytest.raises(UsageError, match=message):
            with_model(f"{path}:{function}")
        if in_child:
            break
    with pytest.raises(UsageError, match=r"write FILE\.py:function"):
        with_model(str(path))
    with pytest.raises(UsageError, match=r"none\.py does not exist"):
        with_model(f"{tmp_path / 'none.py'}:small")
