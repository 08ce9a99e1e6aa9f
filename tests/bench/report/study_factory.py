"""Studies with planted effects: valid records and step times, without training anything."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from bench.core.record import CalibrationBin, Evaluation, Hashes, Record, Scores, StepTime, Use
from bench.core.study import BASELINE, Arm, NotApplicable, Study

CLASSES = {"cifar10": 10, "imdb": 2}
FINAL = {"cifar10": 0.535, "imdb": 0.845}
EVALUATIONS = 12


@dataclass(frozen=True)
class Planted:
    """True effects of an arm."""

    points: float = 0.0
    """Percentage points of test accuracy."""
    speed: float = 1.0
    """Speed of convergence; 2 means half the examples."""
    step_ratio: float = 1.0
    gap: float = 0.0
    """Percentage points by which the train-test gap shrinks."""
    ece: float = 0.0
    diverges: tuple[int, ...] = ()
    """Seeds that diverge."""


SIX: Mapping[str, Planted] = {
    "batch_norm": Planted(4.2, speed=1.8, step_ratio=1.19, gap=-3.0, ece=0.02),
    "layer_norm": Planted(1.9, speed=1.3, step_ratio=1.12),
    "instance_norm": Planted(-2.4, speed=1.1, step_ratio=1.15),
    "mixup": Planted(0.9, speed=0.8, step_ratio=1.01, gap=12.0, ece=-0.08),
    "cutmix": Planted(0.2, speed=0.7, step_ratio=1.02, gap=15.0, ece=-0.10),
    "label_smoothing": Planted(0.1, step_ratio=1.004, gap=1.0, ece=-0.05),
}


@dataclass(frozen=True)
class Plan:
    """Description of a study to make."""

    arms: Mapping[str, Planted] = field(default_factory=lambda: dict(SIX))
    tasks: tuple[str, ...] = ("cifar10", "imdb")
    seeds: int = 10
    processes: int = 5
    noise: float = 0.7
    """Standard deviation between seeds, percentage points."""
    gap: float = 0.28
    """The baseline's train accuracy less its test accuracy."""
    synthetic: bool = False
    controls: bool = True
    base: tuple[str, ...] = ()
    missing: tuple[tuple[str, str, int], ...] = ()
    """Trials (task, arm, seed) that have no record."""
    declared: bool = True
    """True if a confirmatory family was declared."""
    not_applicable: tuple[NotApplicable, ...] = ()


@dataclass(frozen=True)
class Made:
    study: Study
    records: list[Record]
    step_times: list[StepTime]


def make(plan: Plan | None = None) -> Made:
    """Make a study, its records and its step times, the same for the same plan."""
    plan = plan or Plan()
    study = _study(plan)
    gone = set(plan.missing)
    records = [
        trial_record(plan, study, trial.arm, trial.seed)
        for trial in study.trials()
        if (trial.arm.task, trial.arm.name, trial.seed) not in gone
    ]
    times = [
        _step_time(plan, study, arm, process)
        for arm in study.arms
        for process in range(plan.processes)
        if arm.role != "baseline"
    ]
    return Made(study, records, times)


def many(count: int) -> dict[str, Planted]:
    """Plan `count` strategies with effects between -6 and 6 points."""
    rng = np.random.default_rng(count)
    return {
        f"strategy_{i:02d}": Planted(
            float(rng.normal(0, 2)), float(rng.uniform(0.6, 1.6)), float(rng.uniform(0.98, 1.6))
        )
        for i in range(count)
    }


def _data(plan: Plan, task: str) -> str:
    version = {"cifar10": "3.0.2"}.get(task, "1.0.0")
    return f"synthetic:{task}:1" if plan.synthetic else f"tfds:{task}:{version}"


def _recipe() -> dict[str, Any]:
    return {"train_examples": 4000, "steps": 1200, "batch_size": 64, "learning_rate": 1e-3}


def _uses(name: str) -> tuple[Use, ...]:
    return tuple(Use(name=part.split("[")[0] or part) for part in name.split("+"))


def _study(plan: Plan) -> Study:
    base = tuple(Use(name=name) for name in plan.base)
    arms: list[Arm] = []
    for task in plan.tasks:
        recipe = _recipe()
        arms.append(Arm(task=task, name=BASELINE, recipe=recipe, role="baseline", strategies=base))
        for name in plan.arms:
            arms.append(
                Arm(
                    task=task, name=name, strategies=base + _uses(name), recipe=recipe,
                    reference=BASELINE, treatment=("strategies",),
                )
            )  # fmt: skip
        if plan.controls:
            arms.append(
                Arm(
                    task=task, name="baseline[A/A]", strategies=base, recipe=recipe,
                    role="control", reference=BASELINE, treatment=("streams",), streams=1,
                )
            )  # fmt: skip
    family = [(task, name) for task in plan.tasks for name in plan.arms] if plan.declared else []
    return Study(
        name="standard-synthetic" if plan.synthetic else "standard-tfds",
        profile="standard",
        data={task: _data(plan, task) for task in plan.tasks},
        synthetic=plan.synthetic,
        design="pairwise" if any("+" in name for name in plan.arms) else "one-in",
        base=base,
        arms=tuple(arms),
        not_applicable=plan.not_applicable,
        seeds=plan.seeds,
        family=tuple(family),
        margin=dict.fromkeys(plan.tasks, 1.0),
        settings={"precision": "float32", "xla": False, "device": "CPU"},
        environment={"python": "3.11.9", "tensorflow": "2.21.0", "cpu": "a made-up machine"},
        created="2026-01-02T03:04:05Z",
    )


def _rng(*key: object) -> np.random.Generator:
    return np.random.default_rng(int(sha256(repr(key).encode()).hexdigest()[:12], 16))


def _planted(plan: Plan, arm: str) -> Planted:
    return plan.arms.get(arm, Planted())


def trial_record(plan: Plan, study: Study, arm: Arm, seed: int) -> Record:
    """Make the record of one trial."""
    task, planted = arm.task, _planted(plan, arm.name)
    classes = CLASSES.get(task, 10)
    diverged = seed in planted.diverges
    shared = _rng("seed", task, seed).normal(0, plan.noise / 100)
    own = _rng("arm", task, arm.name, seed)
    test = FINAL.get(task, 0.6) + shared + planted.points / 100 + own.normal(0, plan.noise / 100)
    test = float(np.clip(test, 0.02, 0.98))
    train = float(np.clip(test + plan.gap - planted.gap / 100 + own.normal(0, 0.008), 0, 1))
    return Record(
        study=study.name, task=task, arm=arm.name, seed=seed,
        status="diverged" if diverged else "ok", classes=classes,
        data=study.data[task], synthetic=plan.synthetic, recipe=arm.recipe,
        settings=study.settings, strategies=arm.strategies, streams=arm.streams,
        hashes=Hashes(
            initial_weights={"stem": f"w{task}{seed}", "head": f"h{task}{seed}"},
            batch_order=f"order{task}{seed}" + ("AA" if arm.streams else ""), data=f"data{task}",
        ),
        curve=_curve(planted, test, 1 / classes, own, diverged),
        steps=300 if diverged else 1200, examples=(300 if diverged else 1200) * 64,
        final=None if diverged else _scores(planted, test, train, classes, own, (task, seed)),
        parameters=77_850, trace_seconds=2.1, train_seconds=48.0 + float(own.normal(0, 0.5)),
        evaluation_seconds=3.0, environment=study.environment,
    )  # fmt: skip


def _curve(
    planted: Planted, final: float, chance: float, rng: np.random.Generator, diverged: bool
) -> tuple[Evaluation, ...]:
    points = []
    for i in range(1, (4 if diverged else EVALUATIONS) + 1):
        share = (1 - np.exp(-4 * planted.speed * i / EVALUATIONS)) / (
            1 - np.exp(-4 * planted.speed)
        )
        accuracy = float(np.clip(chance + (final - chance) * share + rng.normal(0, 0.004), 0, 1))
        points.append(
            Evaluation(
                step=100 * i,
                examples=6400 * i,
                train_loss=float(2.3 - 1.7 * share),
                validation_accuracy=accuracy,
                validation_nll=float(2.3 - 1.2 * share),
            )
        )
    return tuple(points)


def _scores(
    planted: Planted,
    test: float,
    train: float,
    classes: int,
    rng: np.random.Generator,
    trial: tuple[str, int],
) -> Scores:
    hits = _rng("examples", *trial).random(2000) < test  # arms miss the same hard examples
    ece = float(np.clip(0.15 + planted.ece + rng.normal(0, 0.005), 0.001, 1))
    bins = []
    for i in range(15):
        confidence = (i + 0.5) / 15
        seen = confidence * 15 > 15 / classes
        accuracy = float(np.clip(confidence - 1.3 * ece * confidence + rng.normal(0, 0.015), 0, 1))
        count = int(40 + 900 * confidence**3) if seen else 0
        bins.append(
            CalibrationBin(
                count=count,
                confidence=confidence if seen else 0.0,
                accuracy=accuracy if seen else 0.0,
            )
        )
    validation = float(np.clip(test + rng.normal(0, 0.006), 0, 1))
    return Scores(
        test_accuracy=test, validation_accuracy=validation, validation_nll=1.5 - validation + 2 * ece,
        train_accuracy=train, nll=1.5 - test + 2 * ece, brier=0.9 - test + ece / 2, ece=ece,
        class_correct=tuple(int(hits[k::classes].sum()) for k in range(classes)),
        class_total=tuple(len(hits[k::classes]) for k in range(classes)),
        calibration=tuple(bins), correct=base64.b64encode(np.packbits(hits).tobytes()).decode(),
    )  # fmt: skip


def _step_time(plan: Plan, study: Study, arm: Arm, process: int) -> StepTime:
    rng = _rng("time", arm.task, arm.name, process)
    ratio = _planted(plan, arm.name).step_ratio * (1 + rng.normal(0, 0.01))
    reference = 38.0 * (1 + rng.normal(0, 0.02, 8))
    return StepTime(
        study=study.name, task=arm.task, arm=arm.name, reference=arm.reference or BASELINE,
        process=process, data=study.data[arm.task], synthetic=plan.synthetic, recipe=arm.recipe,
        settings=study.settings, block_steps=8,
        arm_ms=tuple((reference * ratio * (1 + rng.normal(0, 0.004, 8))).tolist()),
        reference_ms=tuple(reference.tolist()), warm_up_steps=12, first_step_seconds=2.4,
        reference_first_step_seconds=2.1, peak_memory_mb=812.0, reference_peak_memory_mb=790.0,
        parameters=78_100, reference_parameters=77_850, batch_size=64, input_ms=0.2,
        step_flops=3.1e9, matrix_flops_per_second=9.0e10, device="CPU", machine="made-up",
        load_average=0.1, environment=study.environment,
    )  # fmt: skip
