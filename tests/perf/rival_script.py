"""The script a user would write: a loop of `model.fit` over arms and seeds, from cached arrays.

    python -m tests.perf.rival_script TASK PROFILE SEEDS ARM,ARM,...

An arm is `baseline`, `batch_norm` or `label_smoothing`, which Keras has as a layer and as a loss's
argument, or both with a `+`: a second opinion on an effect that surprises, without the suite's step,
loss or input. Same network, steps, batches and schedule as the suite's, and the same evaluations: the
validation split as often, then the test split, the validation split and the clean training subset once.
TensorFlow has its default number of threads.
"""

from __future__ import annotations

import sys
from typing import Any

import keras
import tensorflow as tf

from bench.core.recipe import Recipe
from bench.data.dataset import Split
from bench.networks.parts import Parts
from bench.plugins.registry import find
from bench.tasks.task import Source, Task
from bench.training.trainer import CLEAN_TRAIN_EXAMPLES
from tests.perf.rivals import Plain

BATCH = 500


def dataset(split: Split, classes: int) -> tf.data.Dataset:
    """Make a data set of examples (inputs, one-hot targets)."""
    inputs = split.values if split.lengths is None else (split.values, split.lengths)
    return tf.data.Dataset.from_tensor_slices(
        (inputs, keras.utils.to_categorical(split.labels, classes))
    )


def train(task: Task, recipe: Recipe, arm: str, seed: int, splits: dict[str, Any]) -> list[float]:
    """Train one arm with one seed; return test, validation and clean training accuracy."""
    keras.utils.set_random_seed(seed)
    techniques = arm.split("+")
    strategies = [find().strategy("batch_norm")()] if "batch_norm" in techniques else []
    network = task.network(recipe, Parts(strategies, seed))
    lengths = splits["lengths"]
    model = Plain(network, lengths)
    rising = round(recipe.warmup * recipe.steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, recipe.steps - rising, warmup_target=recipe.learning_rate, warmup_steps=rising
    )
    smoothing = 0.1 if "label_smoothing" in techniques else 0.0
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing),
        metrics=["accuracy"],
        jit_compile=False,
    )
    batches = splits["train"].shuffle(recipe.train_examples).repeat()
    batches = batches.batch(recipe.batch_size).prefetch(tf.data.AUTOTUNE)
    model.fit(
        batches,
        steps_per_epoch=recipe.steps // recipe.evaluations,
        epochs=recipe.evaluations,
        validation_data=splits["validation"].batch(BATCH),
        shuffle=False,  # the batches come shuffled
        verbose=0,
    )
    names = ("test", "validation", "clean")
    return [model.evaluate(splits[name].batch(BATCH), verbose=0)[1] for name in names]


def main(task_name: str, profile: str, seeds: int, arms: list[str]) -> None:
    """Train all arms with all seeds and print their accuracies."""
    task = find().task(task_name)
    recipe = task.recipe(profile)
    subset = task.load(recipe, Source())
    classes = task.facts.classes
    train_split = subset.train
    splits: dict[str, Any] = {
        "train": dataset(train_split, classes),
        "clean": dataset(train_split.rows(0, CLEAN_TRAIN_EXAMPLES), classes),
        "validation": dataset(subset.validation, classes),
        "test": dataset(subset.test, classes),
        "lengths": None if train_split.lengths is None else train_split.values.shape[1],
    }
    for seed in range(seeds):
        for arm in arms:
            print(arm, seed, train(task, recipe, arm, seed, splits), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(","))
