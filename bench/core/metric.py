"""A metric of a trial or a step, and the tables, plots, verdicts and comparisons that show it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.core.record import Record

JUDGED = "test_accuracy"
"""Metric that a study judges if it names none."""
OBJECTIVE = "accuracy"
"""Objective of `bench advise` if it names none."""
MARGIN = 1.0
"""Margin of practical relevance, points, where neither recipe nor study names one."""


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
    floor: str = ""
    """Column of the decision table with the value that chance alone gives; empty if there is none."""


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
class Objective:
    """The choice of `bench advise` where a metric is what counts."""

    name: str
    """Name on the command line."""
    criterion: str
    """Name of the score of a trial, in words."""
    score: Callable[[Record], float]
    """Score of a trial on the validation split. Higher is better; one unit weighs like a point."""
    unit: str
    """Unit of `score`."""
    typical_sd: float
    """Spread of a paired difference of the metric: the mean of the committed studies."""
    equal_time: bool = False
    """True to train every stack for the seconds of the baseline's training."""


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
    redundant: Callable[[Record], bool] | None = None
    """True for a trial in which it says nothing new: it then has a value only where it is judged."""
    margin: float | Literal["recipe"] | None = None
    """Margin of practical relevance, in `unit`; `recipe`: that of the recipe. None: never judged."""
    digits: int = 1
    """Decimal places of a change in texts."""
    answers: bool = False
    """True for the share of right answers, whose error has a part from the test examples."""
    objectives: tuple[Objective, ...] = ()
    """Objectives of `bench advise` that the metric confirms; empty if there are none."""
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

    @property
    def sign(self) -> int:
        """Return the factor from a change to a gain: -1 where less is better."""
        return 1 if self.more_is_better else -1

    @property
    def direction(self) -> str:
        """Return `less is better`, or nothing where more is."""
        return "" if self.more_is_better else "less is better"

    @property
    def in_unit(self) -> str:
        """Return the unit for a heading: ` (points)`."""
        return f" ({self.unit})" if self.unit else ""

    @property
    def change(self) -> str:
        """Return the name of a change: `change of NLL (nats); less is better`."""
        named = f"change of {self.title}{self.in_unit}"
        return named if self.more_is_better else f"{named}; {self.direction}"

    @property
    def measure(self) -> str:
        """Return the unit with the title: `points of test accuracy`."""
        return f"{self.unit} of {self.title}" if self.unit else self.title

    @property
    def stored_title(self) -> str:
        """Return the title of a stored value, with its unit if that is the unit of a change."""
        return self.title + (self.in_unit if self.scale == 1 else "")

    def amount(self, value: float) -> str:
        """Write a size without a sign: `1 point`, `0.01 nats`."""
        unit = self.unit.removesuffix("s") if value == 1 else self.unit
        return f"{value:g} {unit}".strip()

    def told(self, effect: float, low: float, high: float, finer: int = 0) -> str:
        """Write a change with its interval: `+1.5 points [+0.9, +2.2]`.

        Args:
            finer: decimal places more than texts usually have.
        """
        form = f"+.{self.digits + finer}f"
        change = f"{effect:{form}} {self.unit}".strip()
        return change if math.isnan(low) else f"{change} [{low:{form}}, {high:{form}}]"

    def margin_of(self, recipe: float = MARGIN) -> float:
        """Return the margin where it is judged, in `unit`.

        Args:
            recipe: margin of the recipe, points.
        """
        return recipe if self.margin == "recipe" or self.margin is None else self.margin
