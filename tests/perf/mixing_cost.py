"""What MixUp, CutMix and label smoothing cost a CIFAR-10 step, and beside Keras's own.

    python -m tests.perf.mixing_cost [PROFILE] [SECONDS] [STRATEGY,STRATEGY,...]

First the whole training step, as a ratio to the baseline's; then the stage alone beside Keras's layer
of the same name (its loss's argument for smoothing), on one batch, inside a `tf.function`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from typing import Any

import keras
import tensorflow as tf

from bench.arm import CompiledArm, Settings
from bench.device_data import DeviceData
from bench.registry import find
from bench.step_time import block_steps_for, compare, interleaved, warm_up
from bench.stepper import Stepper
from bench.strategy import Batch, Strategy, Tensor
from bench.task import Source
from bench.timers import device_here
from bench.work import start_tensorflow
from tests.perf.stages import Repeated, Stage, batch_stage, loss_stage

MOST = 1.03
"""Ratio of a step with the strategy to the baseline's."""
NAMES = "mixup,cutmix,label_smoothing"


def main(profile: str = "quick", seconds: float = 10.0, names: str = NAMES) -> bool:
    """Prints a line for each strategy; whether all targets are met."""
    registry = find()
    task = registry.task("cifar10")
    recipe = task.recipe(profile)
    start_tensorflow(recipe.threads)
    device = device_here()
    data = DeviceData.of(task.load(recipe, Source()))

    def arm(strategies: list[Strategy]) -> CompiledArm:
        return CompiledArm(task, strategies, recipe, Settings(), data)

    baseline = Stepper(arm([]), device)
    batch = baseline.arm.batch(tf.range(recipe.batch_size))
    fine = True
    for name in names.split(","):
        strategy = registry.strategy(name)()
        step = compare(Stepper(arm([strategy]), device), baseline, seconds).ratio
        stage = loss_stage(strategy) if strategy.touches("loss") else batch_stage(strategy, batch)
        ours = Repeated(stage, batch, device)
        theirs = Repeated(KERAS[name](), batch, device)
        count = block_steps_for(warm_up(ours), warm_up(theirs))
        times = interleaved(ours, theirs, count, seconds)
        ratio = median(a / b for a, b in zip(*times, strict=True))
        print(
            f"{name}: step {step:.3f} of the baseline's (at most {MOST}); stage alone "
            f"{median(times[0]):.3f} ms, Keras's {median(times[1]):.3f} ms, ratio {ratio:.2f} "
            "(at most 1)"
        )
        fine &= step <= MOST and ratio <= 1
    return fine


def layer_of(layer: Any) -> Stage:
    """A Keras preprocessing layer that mixes images and labels."""

    def stage(key: Tensor, batch: Batch, logits: Tensor) -> tuple[Tensor, ...]:
        mixed = layer({"images": batch.values, "labels": batch.targets}, training=True)
        return mixed["images"], mixed["labels"]

    return stage


def smoothed_loss(key: Tensor, batch: Batch, logits: Tensor) -> tuple[Tensor, ...]:
    """Keras's loss with its argument for smoothing."""
    losses = keras.losses.categorical_crossentropy(
        batch.targets, logits, from_logits=True, label_smoothing=0.1
    )
    return (losses,)


KERAS: dict[str, Callable[[], Stage]] = {
    "mixup": lambda: layer_of(keras.layers.MixUp(alpha=0.2, seed=1)),
    "cutmix": lambda: layer_of(keras.layers.CutMix(factor=1.0, seed=1)),
    "label_smoothing": lambda: smoothed_loss,
}

if __name__ == "__main__":
    typed = sys.argv[1:]
    sys.exit(0 if main(*typed[:1], *map(float, typed[1:2]), *typed[2:3]) else 1)
