"""Convert records to the data frames of the analysis and the report.

`trials` has a row per trial, `curves` a row per evaluation, `step_times` a row per arm and fresh
process. Accuracies are fractions, losses nats, times seconds unless a column's name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.core.calibration import expected_ece
from bench.core.canonical import canonical_hash
from bench.core.errors import BenchError
from bench.core.metric import Metric
from bench.core.metrics import effect_metrics
from bench.core.record import Record, StepTime
from bench.core.study import Arm, Study

TRIALS = columns(
    "task arm seed data synthetic status classes steps examples parameters training_tflop "
    "train_seconds reference role treatment strategies streams recipe settings recipe_hash order_hash "
    "init_hashes data_hash pool_hash settings_hash class_correct class_total calibration ece_floor "
    "correct facts statistics_gain predictions"
)
"""Columns of `trials` beside one for each metric of `bench.core.metrics.effect_metrics`."""
CURVES = columns("task arm seed step examples train_loss validation_accuracy validation_nll")
STEP_TIMES = columns(
    "task arm reference process ratio arm_ms baseline_ms arm_iqr_ms baseline_iqr_ms first_step_s "
    "baseline_first_step_s examples_per_second peak_memory_mb baseline_peak_memory_mb parameters "
    "baseline_parameters input_ms device machine load_average matrix_rate_share synthetic data "
    "recipe_hash settings_hash notes"
)


def trials_frame(
    study: Study, records: Iterable[Record], failed: Iterable[tuple[str, str, int]] = ()
) -> pd.DataFrame:
    """Make a row per trial, ordered by task, the study's order of arms, and seed.

    Args:
        study: the study that the records belong to.
        records: its trials. The figures of a diverged one are NaN: it is counted, not averaged.
        failed: (task, arm, seed) of trials that ended without a record. Each gets a row of status
            "failed" whose figures are NaN.

    Returns:
        The columns of `TRIALS`, and one for each metric that a trial measures, as it is stored. One
        that says nothing new (`Metric.redundant`) is NaN, unless the study judges it.

    Raises:
        BenchError: a record belongs to no arm of the study, or was made on other data.
    """
    arms = {(arm.task, arm.name): arm for arm in study.arms}
    rows = [_trial(study, _arm(study, arms, r.task, r.arm), r) for r in records]
    rows += [_failed(study, _arm(study, arms, task, arm), seed) for task, arm, seed in failed]
    place = {key: number for number, key in enumerate(arms)}
    rows.sort(key=lambda row: (place[row["task"], row["arm"]], row["seed"]))
    measured = [metric.name for metric in effect_metrics()]
    frame = pd.DataFrame(rows, columns=[*TRIALS, *measured])
    numbers = [*measured, "ece_floor", "training_tflop", "train_seconds", "statistics_gain"]
    return frame.astype(dict.fromkeys(numbers, float))


def seeds_had(trials: pd.DataFrame) -> dict[tuple[str, str], set[int]]:
    """Return (task, arm) -> the seeds in `trials`, those that failed included."""
    had: dict[tuple[str, str], set[int]] = {}
    for task, arm, seed in zip(trials["task"], trials["arm"], trials["seed"], strict=True):
        had.setdefault((task, arm), set()).add(int(seed))
    return had


def _arm(study: Study, arms: Mapping[tuple[str, str], Arm], task: str, name: str) -> Arm:
    if (task, name) not in arms:
        raise BenchError(
            f"a record of arm {name!r} on {task!r} is in the folder of study {study.name!r}, "
            "which has no such arm; move it away or run the study under another --name"
        )
    return arms[task, name]


def _same_data(study: Study, record: Record) -> Record:
    if (record.data, record.synthetic) != (study.data.get(record.task), study.synthetic):
        raise BenchError(
            f"trial {record.trial} was trained on {record.data}, study {study.name!r} is on "
            f"{study.data.get(record.task)}; studies never mix data: move it away"
        )
    return record


def _design(arm: Arm) -> dict[str, Any]:
    return {
        "task": arm.task,
        "arm": arm.name,
        "reference": arm.reference,
        "role": arm.role,
        "treatment": arm.treatment,
    }


def _failed(study: Study, arm: Arm, seed: int) -> dict[str, Any]:
    return {
        **_design(arm),
        "seed": seed,
        "data": study.data.get(arm.task),
        "synthetic": study.synthetic,
        "status": "failed",
    }


def _trial(study: Study, arm: Arm, record: Record) -> dict[str, Any]:
    record = _same_data(study, record)
    scores = None if record.status == "diverged" else record.final
    flops = record.training_flops
    return {
        **_design(arm),
        "seed": record.seed,
        "data": record.data,
        "synthetic": record.synthetic,
        "status": record.status,
        **{
            metric.name: metric.value(record)
            if scores and _telling(study, metric, record)
            else None
            for metric in effect_metrics()
        },
        "ece_floor": expected_ece(scores.calibration) if scores else None,
        "classes": record.classes,
        "steps": record.steps,
        "examples": record.examples,
        "parameters": record.parameters,
        "training_tflop": None if flops is None else flops / 1e12,
        "train_seconds": record.train_seconds,
        "strategies": "+".join(use.label for use in record.strategies),
        "streams": record.streams,
        "recipe": record.recipe,
        "settings": record.settings,
        "recipe_hash": canonical_hash(record.recipe),
        "order_hash": record.hashes.batch_order,
        "init_hashes": record.hashes.initial_weights,
        "data_hash": record.hashes.data,
        "pool_hash": record.hashes.pool,
        "settings_hash": canonical_hash(record.settings),
        "class_correct": scores.class_correct if scores else (),
        "class_total": scores.class_total if scores else (),
        "calibration": scores.calibration if scores else (),
        "correct": scores.correct if scores else "",
        "facts": record.facts,
        "statistics_gain": record.statistics_gain,
        "predictions": {"plain": scores, **record.predictions} if scores else {},
    }


def _telling(study: Study, metric: Metric, record: Record) -> bool:
    """Return true unless a metric that is not judged says nothing new about a trial."""
    if metric.redundant is None or metric.name == study.judged:
        return True
    return not metric.redundant(record)


def curves_frame(records: Iterable[Record]) -> pd.DataFrame:
    """Make a row per evaluation of a trial, in the order of the records and of training."""
    points: dict[str, list[Any]] = {name: [] for name in CURVES}
    for record in records:
        length = len(record.curve)
        points["task"] += [record.task] * length
        points["arm"] += [record.arm] * length
        points["seed"] += [record.seed] * length
        for name in CURVES[3:]:
            points[name] += [getattr(point, name) for point in record.curve]
    frame = pd.DataFrame(points)
    floats = ["train_loss", "validation_accuracy", "validation_nll"]
    return frame.astype(dict.fromkeys(floats, float))


def step_times_frame(records: Iterable[StepTime]) -> pd.DataFrame:
    """Make a row per task, arm and process.

    `ratio` is the median over pairs of neighboring blocks of arm / reference; `arm_ms` and
    `baseline_ms` are medians over blocks, the columns with `iqr` their interquartile ranges.
    """
    return pd.DataFrame([_step_time(record) for record in records], columns=STEP_TIMES)


def _step_time(record: StepTime) -> dict[str, Any]:
    arm, reference = np.array(record.arm_ms), np.array(record.reference_ms)
    if not arm.size or arm.size != reference.size:
        raise BenchError(
            f"step time of arm {record.arm!r} on {record.task!r}, process {record.process}: "
            f"{arm.size} blocks against {reference.size} of its reference; run bench time again"
        )
    arm_ms, reference_ms = float(np.median(arm)), float(np.median(reference))
    rate = record.matrix_flops_per_second
    share = record.step_flops / (arm_ms / 1000) / rate if record.step_flops and rate else np.nan
    return {
        "task": record.task,
        "arm": record.arm,
        "reference": record.reference,
        "process": record.process,
        "ratio": float(np.median(arm / reference)),
        "arm_ms": arm_ms,
        "baseline_ms": reference_ms,
        "arm_iqr_ms": _iqr(arm),
        "baseline_iqr_ms": _iqr(reference),
        "first_step_s": record.first_step_seconds,
        "baseline_first_step_s": record.reference_first_step_seconds,
        "examples_per_second": record.batch_size / (arm_ms / 1000),
        "peak_memory_mb": _number(record.peak_memory_mb),
        "baseline_peak_memory_mb": _number(record.reference_peak_memory_mb),
        "parameters": record.parameters,
        "baseline_parameters": record.reference_parameters,
        "input_ms": _number(record.input_ms),
        "device": record.device,
        "machine": record.machine,
        "load_average": _number(record.load_average),
        "matrix_rate_share": share,
        "synthetic": record.synthetic,
        "data": record.data,
        "recipe_hash": canonical_hash(record.recipe),
        "settings_hash": canonical_hash(record.settings),
        "notes": record.notes,
    }


def _iqr(values: np.ndarray) -> float:
    low, high = np.percentile(values, [25, 75])
    return float(high - low)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def roots(study: Study) -> dict[tuple[str, str], str]:
    """Return (task, arm) -> the end of its chain of references: itself if it has none."""
    references = {(arm.task, arm.name): arm.reference for arm in study.arms}
    ends = {}
    for task, arm in references:
        end, seen = arm, {arm}
        while (reference := references[task, end]) is not None:
            if reference in seen or (task, reference) not in references:
                raise BenchError(f"the references of arm {arm!r} on {task!r} lead to no baseline")
            seen.add(reference)
            end = reference
        ends[task, arm] = end
    return ends
