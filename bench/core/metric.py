"""The metrics of a trial or a step, and the tables, plots and comparisons that show each.

A metric needs one entry of `METRICS` and nothing else. Frames, effects, tables, the page, the terminal
and the comparison of two studies loop over it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.core.curve import area
from bench.core.record import Record, Scores

UNEQUAL = 1.5
"""Ratio of the largest class to the smallest above which accuracy is not enough."""


@dataclass(frozen=True)
class Column:
    """The column of a metric's change in the decision table and on the page."""

    key: str
    """Name of the column: `ece`."""
    place: int
    """Order among these columns, smallest first."""
    heading: str
    """Heading in the tables: `change of ECE`."""
    short: str
    """Heading on the page and in the terminal."""
    meaning: str
    """Meaning of the table's column, in the unit of the metric."""
    page_meaning: str
    digits: int
    """Decimal places in the tables."""
    page_digits: int
    page_scale: float = 1.0
    """Factor from the table's unit to the page's."""
    in_terminal: bool = False


@dataclass(frozen=True)
class Followed:
    """A series over the history: the plot's title, its unit, and the unit in exported files."""

    name: str
    title: str
    unit: str
    short_unit: str


@dataclass(frozen=True)
class Level:
    """The absolute value beside a metric that is measured as a ratio to the baseline."""

    field: str
    """Name in the results of a process."""
    values: str
    """Two values in words, a format string."""
    followed: Followed


@dataclass(frozen=True)
class Compared:
    """The comparison of a metric between two studies.

    Shares (step time, memory) are compared on the scale of logs, so that a ratio and its inverse
    weigh the same. Everything else is compared in the metric's unit.
    """

    name: str
    """Name on the command line, in `accepted.toml` and in exported files."""
    minimum: float
    """The least change that counts: percent for a share, else in the metric's unit."""
    floor: float
    """The finest sd that is believed, in the unit of `minimum`."""
    example: str
    """A threshold as it is typed: `step_time:5%`."""
    field: str
    """Name in the history's results of a seed or a process."""
    values: str
    """Two values in words, a format string: `{:.1%} -> {:.1%}`."""
    share: bool = False
    rate: bool = False
    """True for a share of trials, compared exactly; only arms with an event on either side count."""
    level: Level | None = None
    followed: Followed | None = None
    """None if the history's plots and the files for github-action-benchmark leave it out."""


@dataclass(frozen=True)
class Metric:
    """A measured quantity."""

    name: str
    title: str
    unit: str
    """Unit of a change as it is shown; empty for a number without one."""
    more_is_better: bool
    scale: float = 1.0
    """Factor from the stored value to `unit`: 100 from a fraction to points."""
    of: Callable[[Record], float | None] | None = None
    """Value of a trial that did not diverge. None: a fresh process measures it, not a trial."""
    when_diverged: Literal["chance", "missing", "one"] = "missing"
    """Value of a trial that diverged: 1 / classes, none, or 1."""
    effect: bool = True
    """False if it has no row in the effects of a study."""
    optional: bool = False
    """True if it has no row and no column where no trial has a value."""
    judged: bool = False
    """True for the one metric that gets verdicts."""
    column: Column | None = None
    compared: Compared | None = None

    def value(self, record: Record) -> float | None:
        """Return the value of a trial, a diverged one's included; None where there is none.

        Raises:
            TypeError: a trial does not measure this metric.
        """
        if self.of is None:
            raise TypeError(f"{self.name} is measured by a fresh process, not by a trial")
        if record.status == "diverged" or record.final is None:
            return {"chance": 1 / record.classes, "one": 1.0}.get(self.when_diverged)
        return self.of(record)


def _final(value: Callable[[Scores], float | None]) -> Callable[[Record], float | None]:
    """Make a function that reads one of the final scores of a record."""
    return lambda record: None if record.final is None else value(record.final)


def unequal(totals: Sequence[int]) -> bool:
    """Return true if the largest class has more than 1.5 times the test examples of the smallest."""
    tested = [total for total in totals if total]
    return max(tested, default=0) > UNEQUAL * min(tested, default=0)


def _macro(scores: Scores) -> float | None:
    """Return the mean accuracy of the classes; None where they are about equal: see `unequal`."""
    tested = [(c, n) for c, n in zip(scores.class_correct, scores.class_total, strict=True) if n]
    if not unequal(scores.class_total):
        return None
    return float(np.mean([correct / total for correct, total in tested]))


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
        _final(lambda scores: scores.test_accuracy), "chance", judged=True,
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
        optional=True,
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
        "nll", "NLL (nats)", "nats", False, 1.0, _final(lambda scores: scores.nll),
        column=Column(
            "nll", 2, "change of NLL (nats)", "ΔNLL",
            "change of negative log-likelihood on the test split, nats (less is better)",
            "change of negative log-likelihood, nats; less is better",
            digits=3, page_digits=3,
        ),
    ),
    Metric(
        "ece", "ECE", "", False, 1.0, _final(lambda scores: scores.ece),
        column=Column(
            "ece", 1, "change of ECE", "ΔECE",
            "change of expected calibration error (0 to 1; less is better)",
            "change of expected calibration error, points; less is better",
            digits=3, page_digits=1, page_scale=100.0, in_terminal=True,
        ),
    ),
    Metric("brier", "Brier score", "", False, 1.0, _final(lambda scores: scores.brier)),
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


def judged_metric() -> Metric:
    """Return the metric that gets verdicts."""
    return next(metric for metric in METRICS if metric.judged)


def columns() -> list[tuple[Metric, Column]]:
    """Return the metrics with a column in the decision table, in the order of the columns."""
    with_column = [(metric, metric.column) for metric in METRICS if metric.column is not None]
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
