"""The cost of MixUp, CutMix and label smoothing in a CIFAR-10 step, beside Keras's own.

    python -m tests.perf.mixing_cost [PROFILE] [SECONDS] [STRATEGY,STRATEGY,...] [PROCESSES]

First the whole training step, as a ratio to the baseline's over fresh processes (within one process
the ratio of two equal arms is off by some percent); then the stage alone beside Keras's layer of the
same name (its loss's argument for smoothing), on one batch, inside a `tf.function`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import keras
import tensorflow as tf

from bench.analysis.frames import step_times_frame
from bench.analysis.step_times import summary
from bench.core.record import paired_ratio
from bench.core.strategy import Batch, Tensor
from bench.plugins.registry import find
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.timing_phase import TimingOptions, phase
from bench.running.training_work import start_tensorflow
from bench.storage.store import Store
from bench.tasks.task import Source
from bench.timing.device import device_here
from bench.timing.protocol import block_steps_for, interleaved, warm_up
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData
from tests.perf.stages import Repeated, Stage, batch_stage, loss_stage

MOST = 1.03
"""Ratio of a step with the strategy to the baseline's."""
MOST_OF_KERAS = 1.02
"""Ratio of a stage to Keras's; that of two equal stages is no nearer to 1 than this."""
NAMES = "mixup,cutmix,label_smoothing"
TASK = "cifar10"


def main(
    profile: str = "quick", seconds: float = 5.0, names: str = NAMES, processes: int = 5
) -> bool:
    """Print a line for each strategy; return true if all targets are met."""
    steps = step_ratios(profile, seconds, names.split(","), processes)
    registry = find()
    task = registry.task(TASK)
    recipe = task.recipe(profile)
    start_tensorflow(recipe.threads)
    device = device_here()
    data = DeviceData.of(task.load(recipe, Source()), recipe.resample)
    baseline = CompiledArm(task, [], recipe, Settings(), data)
    batch = baseline.batch(tf.range(recipe.batch_size))
    fine = True
    for name in names.split(","):
        strategy = registry.strategy(name)()
        step, low, high = steps[name]
        stage = loss_stage(strategy) if strategy.touches("loss") else batch_stage(strategy, batch)
        ours = Repeated(stage, batch, device)
        theirs = Repeated(KERAS[name](), batch, device)
        count = block_steps_for(warm_up(ours), warm_up(theirs))
        times = interleaved(ours, theirs, count, seconds)
        ratio = paired_ratio(*times)
        print(
            f"{name}: step {step:.3f} of the baseline's [{low:.3f}, {high:.3f}], {processes} "
            f"processes (at most {MOST}); stage alone "
            f"{median(times[0]):.3f} ms, Keras's {median(times[1]):.3f} ms, ratio {ratio:.2f} "
            f"(at most {MOST_OF_KERAS})"
        )
        fine &= step <= MOST and ratio <= MOST_OF_KERAS
    return fine


def step_ratios(
    profile: str, seconds: float, names: list[str], processes: int
) -> dict[str, tuple[float, float, float]]:
    """Return strategy -> its step's ratio to the baseline's, with a 95% interval over processes."""
    request = Request(profile=profile, tasks=(TASK,), strategies=names, name="mixing-cost")
    study = plan(request, find(), Source()).study
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        options = TimingOptions(processes=processes, seconds=seconds, memory=False)
        with store.lock():
            phase(study, store, Source(), options)
            rows = summary(step_times_frame(store.step_times().step_times))
    return {row.arm: (row.ratio, row.low, row.high) for row in rows.itertuples()}


def layer_of(layer: Any) -> Stage:
    """Return a Keras preprocessing layer that mixes images and labels."""

    def stage(key: Tensor, batch: Batch, logits: Tensor) -> tuple[Tensor, ...]:
        mixed = layer({"images": batch.values, "labels": batch.targets}, training=True)
        return mixed["images"], mixed["labels"]

    return stage


def smoothed_loss(key: Tensor, batch: Batch, logits: Tensor) -> tuple[Tensor, ...]:
    """Return Keras's loss with its argument for smoothing."""
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
    fine = main(*typed[:1], *map(float, typed[1:2]), *typed[2:3], *map(int, typed[3:4]))
    sys.exit(0 if fine else 1)
