"""The metrics, and which of them a study judges.

A metric needs one entry of `METRICS` and nothing else. Frames, effects, tables, the page, the terminal
and the comparison of two studies loop over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from bench.core.curve import area
from bench.core.errors import UsageError, unknown
from bench.core.metric import (
    JUDGED,
    OBJECTIVE,
    Column,
    Compared,
    Followed,
    Level,
    Metric,
    Objective,
)
from bench.core.record import Record, Scores

UNEQUAL = 1.5
"""Ratio of the largest class to the smallest above which accuracy is not enough."""


def _final(value: Callable[[Scores], float | None]) -> Callable[[Record], float | None]:
    """Make a function that reads one of the final scores of a record."""
    return lambda record: None if record.final is None else value(record.final)


def unequal(totals: Sequence[int]) -> bool:
    """Return true if the largest class has more than 1.5 times the test examples of the smallest."""
    tested = [total for total in totals if total]
    return max(tested, default=0) > UNEQUAL * min(tested, default=0)


def _macro(scores: Scores) -> float | None:
    """Return the mean accuracy of the classes."""
    tested = [(c, n) for c, n in zip(scores.class_correct, scores.class_total, strict=True) if n]
    if not tested:
        return None
    return float(np.mean([correct / total for correct, total in tested]))


def _equal_classes(record: Record) -> bool:
    return record.final is not None and not unequal(record.final.class_total)


def _percent(record: Record) -> float:
    """Return the validation accuracy of a trial, percent; that of a guess if it diverged."""
    final = record.final
    return 100 * (1 / record.classes if final is None else final.validation_accuracy)


def _centinats(record: Record) -> float:
    """Return minus the validation NLL of a trial, 1/100 nats; that of a guess if it diverged."""
    nll = None if record.final is None else record.final.validation_nll
    return -100 * (math.log(record.classes) if nll is None else nll)


def _area(record: Record) -> float | None:
    """Return the normalized area under the whole validation curve of a trial."""
    examples = np.array([float(point.examples) for point in record.curve])
    heights = np.array([point.validation_accuracy for point in record.curve])
    if not examples.size or not examples[-1] > 0:
        return None
    return area(examples, heights, float(examples[-1]), 1 / record.classes)


METRICS: tuple[Metric, ...] = (
    Metric(
        "test_accuracy", "test accuracy", "points", True, 100.0,
        _final(lambda scores: scores.test_accuracy), "chance", margin="recipe", answers=True,
        objectives=(
            Objective("accuracy", "validation accuracy", _percent, "points", 0.8),
            Objective(
                "seconds", "validation accuracy after the baseline's seconds", _percent, "points", 0.8,
                equal_time=True,
            ),
        ),
        column=Column(
            "accuracy", -1, "change of test accuracy (points)", "ΔAccuracy",
            "change of test accuracy, points", "change of test accuracy, points",
            digits=1, page_digits=1, in_terminal=True,
        ),
        compared=Compared(
            "accuracy", 1.0, 0.05, "accuracy:1", "accuracy", "{:.1%} -> {:.1%}",
            followed=Followed("accuracy", "Test accuracy", "percent", "%"),
        ),
    ),
    Metric(
        "validation_accuracy", "validation accuracy", "points", True, 100.0,
        _final(lambda scores: scores.validation_accuracy), "chance",
    ),
    Metric(
        "train_accuracy", "train accuracy", "points", True, 100.0,
        _final(lambda scores: scores.train_accuracy), "chance",
    ),
    Metric(
        "macro_accuracy", "macro accuracy", "points", True, 100.0, _final(_macro), "chance",
        optional=True, redundant=_equal_classes, margin="recipe",
        column=Column(
            "macro", 0, "change of macro accuracy (points)", "ΔMacro",
            "change of the mean accuracy of the classes, points; only where they are unequal",
            "change of the mean accuracy of the classes, which counts each class alike, points",
            digits=1, page_digits=1, in_terminal=True,
        ),
    ),
    Metric(
        "generalization_gap", "train - test accuracy", "points", False, 100.0,
        _final(lambda scores: scores.train_accuracy - scores.test_accuracy),
        column=Column(
            "gap", 3, "change of gap (points)", "ΔGap",
            "change of train - test accuracy, percentage points (less is less overfitting)",
            "change of train minus test accuracy, points; less is less overfitting",
            digits=1, page_digits=1, in_terminal=True,
        ),
    ),
    Metric(
        "nll", "NLL", "nats", False, 1.0, _final(lambda scores: scores.nll),
        margin=0.01, digits=3,
        objectives=(
            Objective("calibration", "validation NLL", _centinats, "hundredths of a nat", 0.06),
        ),
        column=Column(
            "nll", 2, "change of NLL (nats)", "ΔNLL",
            "change of negative log-likelihood on the test split, nats (less is better)",
            "change of negative log-likelihood, nats; less is better",
            digits=3, page_digits=3,
        ),
    ),
    Metric(
        "ece", "ECE", "", False, 1.0, _final(lambda scores: scores.ece), margin=0.005, digits=3,
        column=Column(
            "ece", 1, "change of ECE", "ΔECE",
            "change of expected calibration error (0 to 1; less is better)",
            "change of expected calibration error, points; less is better",
            digits=3, page_digits=1, page_scale=100.0, in_terminal=True,
            floor="ece_floor",
        ),
    ),
    Metric(
        "brier", "Brier score", "", False, 1.0, _final(lambda scores: scores.brier), margin=0.005,
        digits=3,
    ),
    Metric(
        "area", "area under the validation curve", "points", True, 100.0, _area, "chance",
        effect=False,  # within a study it ends at the baseline's budget: `bench.analysis.convergence`
        compared=Compared(
            "convergence", 1.0, 0.05, "convergence:1", "area", "{:.1%} -> {:.1%}"
        ),
    ),
    Metric(
        "divergence", "trials that diverged", "points", False, 100.0, lambda record: 0.0, "one",
        effect=False,  # within a study it has a table of its own: `bench.analysis.divergence`
        compared=Compared(
            "divergence", 10.0, 0.0, "divergence:10", "diverged", "{:.0%} -> {:.0%} of the trials",
            rate=True,
        ),
    ),
    Metric(
        "step_time", "step time", "ratio", False, effect=False,
        compared=Compared(
            "step_time", 2.0, 0.1, "step_time:5%", "ratio",
            "{:.3f} -> {:.3f} of the baseline's step", share=True,
            level=Level(
                "ms", "{:.3g} -> {:.3g} ms a step",
                Followed("baseline_step", "Step time of the baseline", "milliseconds", "ms"),
            ),
            followed=Followed(
                "step_time", "Step time beside the baseline's", "ratio", "x baseline"
            ),
        ),
    ),
    Metric(
        "memory", "peak memory", "MB", False, effect=False,
        compared=Compared(
            "memory", 5.0, 0.5, "memory:10%", "memory_mb", "{:.0f} -> {:.0f} MB", share=True,
            followed=Followed("memory", "Peak memory", "MB", "MB"),
        ),
    ),
)  # fmt: skip


def effect_metrics() -> tuple[Metric, ...]:
    """Return the metrics with effects within a study, in the order of their rows."""
    return tuple(metric for metric in METRICS if metric.effect)


def recorded_metrics() -> list[Metric]:
    """Return the metrics that are fields of a record's scores, in the order of the fields."""
    order = list(Scores.model_fields)
    recorded = [metric for metric in METRICS if metric.name in order]
    return sorted(recorded, key=lambda metric: order.index(metric.name))


def metric_of(name: str) -> Metric:
    """Return a metric by its name.

    Raises:
        UsageError: there is no such metric.
    """
    by_name = {metric.name: metric for metric in METRICS}
    if name not in by_name:
        raise unknown("metric", name, by_name)
    return by_name[name]


def judged_metric(name: str = JUDGED) -> Metric:
    """Return a metric that a study may judge.

    Raises:
        UsageError: there is no such metric, or it gets no verdicts.
    """
    judged = {metric.name: metric for metric in METRICS if metric.margin is not None}
    if name in judged:
        return judged[name]
    if name in {metric.name for metric in METRICS}:
        raise UsageError(f"{name} gets no verdicts; these do: {', '.join(judged)}")
    raise unknown("metric", name, judged)


def objectives() -> dict[str, tuple[Metric, Objective]]:
    """Return what `bench advise` can look for: name -> the metric that it judges, and the choice."""
    known = [(metric, objective) for metric in METRICS for objective in metric.objectives]
    return {objective.name: (metric, objective) for metric, objective in known}


def objective_of(name: str) -> tuple[Metric, Objective]:
    """Return the metric and the choice of an objective.

    Raises:
        UsageError: there is no such objective.
    """
    known = objectives()
    if name not in known:
        raise unknown("objective", name, known)
    return known[name]


def objective_for(metric: Metric) -> Objective:
    """Return how trials are scored on validation where a metric is judged; by accuracy by default."""
    return next(iter(metric.objectives), objective_of(OBJECTIVE)[1])


def columns(judged: Metric) -> list[tuple[Metric, Column]]:
    """Return the metrics with a column in the decision table, in the order of the columns.

    The judged metric has none: its change is the effect.
    """
    with_column = [
        (metric, metric.column)
        for metric in METRICS
        if metric.column is not None and metric.name != judged.name
    ]
    return sorted(with_column, key=lambda pair: pair[1].place)


def compared_metrics() -> list[tuple[Metric, Compared]]:
    """Return the metrics that are compared between two studies."""
    return [(metric, metric.compared) for metric in METRICS if metric.compared is not None]


def followed_series() -> dict[str, Followed]:
    """Return the series that the history follows, levels included, by name."""
    compared = [compared for _, compared in compared_metrics()]
    levels = [series.level.followed for series in compared if series.level is not None]
    return {
        series.name: series
        for series in [*levels, *(c.followed for c in compared)]
        if series is not None
    }
