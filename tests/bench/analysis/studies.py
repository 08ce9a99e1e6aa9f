"""Simulated studies for the tests of the analysis: planted effects, known answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.core.bits import packed
from bench.core.record import (
    CalibrationBin,
    Evaluation,
    Hashes,
    Record,
    Scores,
    StepTime,
    Use,
)
from bench.core.study import Arm, Study

RECIPE: dict[str, Any] = {
    "learning_rate": 0.001,
    "steps": 100,
    "batch_size": 10,
    "train_examples": 500,
    "widths": [16, 32],
}
SETTINGS = {"precision": "float32", "xla": False}
DATA = "tfds:cifar10:3.0.2"
EXAMPLES = 10_000
"""Test examples; the first ones are classified correctly, so that a better arm adds examples."""


def arm(name: str, **changes: Any) -> Arm:
    """Make an arm of task `images`, named after its strategies and compared with the baseline."""
    members = () if name == "baseline" else tuple(name.split("+"))
    known: dict[str, Any] = {
        "task": "images",
        "name": name,
        "strategies": tuple(Use(name=member) for member in members),
        "recipe": RECIPE,
        "role": "treatment" if members else "baseline",
        "reference": "baseline" if members else None,
        "treatment": ("strategies",) if members else (),
    }
    return Arm(**(known | changes))


AA = arm(
    "baseline[A/A]",
    strategies=(),
    role="control",
    treatment=("streams",),
    streams=1,
)


def study(arms: Sequence[Arm], seeds: int, **changes: Any) -> Study:
    known: dict[str, Any] = {
        "name": "test",
        "profile": "standard",
        "data": {one.task: DATA for one in arms},
        "synthetic": False,
        "arms": tuple(arms),
        "seeds": seeds,
        "margin": {one.task: 1.0 for one in arms},
        "settings": SETTINGS,
    }
    return Study(**(known | changes))


def record(one: Arm, seed: int, accuracy: float = 0.6, **changes: Any) -> Record:
    """Make a record of two classes with a test accuracy; the train accuracy is 0.2 higher."""
    classes = 2
    known: dict[str, Any] = {
        "study": "test",
        "task": one.task,
        "arm": one.name,
        "seed": seed,
        "status": "ok",
        "classes": classes,
        "data": DATA,
        "synthetic": False,
        "recipe": one.recipe,
        "settings": SETTINGS,
        "strategies": one.strategies,
        "streams": one.streams,
        "hashes": Hashes(
            initial_weights={"stem": f"w{seed}", "head": f"h{seed}"},
            batch_order=f"order{seed}-{one.streams}",
            data="arrays",
        ),
        "curve": curve(accuracy),
        "steps": one.recipe["steps"],
        "examples": 1000,
        "final": scores(accuracy),
        "parameters": 1000,
        "trace_seconds": 1.0,
        "train_seconds": 2.0,
        "evaluation_seconds": 0.5,
        "environment": {},
    }
    return Record(**(known | changes))


def diverged(one: Arm, seed: int) -> Record:
    return record(one, seed, status="diverged", final=None, steps=7, curve=())


def scores(accuracy: float) -> Scores:
    return Scores(
        test_accuracy=accuracy,
        validation_accuracy=accuracy,
        train_accuracy=min(1.0, accuracy + 0.2),
        nll=1 - accuracy,
        brier=0.5,
        ece=0.1,
        class_correct=(3000, 2000),
        class_total=(EXAMPLES // 2, EXAMPLES // 2),
        calibration=(CalibrationBin(count=EXAMPLES, confidence=0.75, accuracy=accuracy),),
        correct=packed(np.arange(EXAMPLES) < round(EXAMPLES * accuracy)),
    )


def curve(final: float, evaluations: int = 5) -> tuple[Evaluation, ...]:
    """Make a straight line from chance (two classes) to the final accuracy over 1,000 examples."""
    at = np.linspace(0, 1, evaluations + 1)[1:]
    return tuple(
        Evaluation(
            step=round(100 * x),
            examples=round(1000 * x),
            train_loss=1 - x / 2,
            validation_accuracy=0.5 + x * (final - 0.5),
            validation_nll=1 - x / 2,
        )
        for x in at
    )


def records(asked: Study, accuracy: Mapping[str, Sequence[float]]) -> list[Record]:
    """Make a record per arm and seed, with the accuracies of each arm's name."""
    return [
        record(one, seed, value)
        for one in asked.arms
        for seed, value in enumerate(accuracy[one.name])
    ]


def step_time(name: str, process: int, ratio: float, **changes: Any) -> StepTime:
    """Make the blocks of one process: the reference at 10 ms a step, the arm at `ratio` times that."""
    reference = (9.0, 10.0, 11.0, 10.0)
    known: dict[str, Any] = {
        "study": "test",
        "task": "images",
        "arm": name,
        "reference": "baseline",
        "process": process,
        "data": DATA,
        "synthetic": False,
        "recipe": RECIPE,
        "settings": SETTINGS,
        "block_steps": 10,
        "arm_ms": tuple(ratio * ms for ms in reference),
        "reference_ms": reference,
        "warm_up_steps": 10,
        "first_step_seconds": 3.0,
        "reference_first_step_seconds": 2.0,
        "peak_memory_mb": 220.0,
        "reference_peak_memory_mb": 200.0,
        "parameters": 1100,
        "reference_parameters": 1000,
        "batch_size": 10,
        "input_ms": 0.1,
        "step_flops": 1e6,
        "matrix_flops_per_second": 1e9,
        "device": "CPU",
        "machine": "m1",
        "load_average": 0.1,
        "environment": {},
    }
    return StepTime(**(known | changes))
