"""The metrics of a comparison of two studies, each with its unit and its minimum."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.core import metric as core
from bench.core import metrics as registry
from bench.core.errors import UsageError, unknown


@dataclass(frozen=True)
class Metric:
    """A measured quantity as `harm`: larger is worse.

    Shares are tested on the scale of logs, everything else in the metric's unit.
    """

    measured: core.Metric
    compared: core.Compared

    @property
    def name(self) -> str:
        return self.compared.name

    @property
    def title(self) -> str:
        return self.measured.title

    @property
    def share(self) -> bool:
        """True if changes are in percent of the base; else they are in the metric's unit."""
        return self.compared.share

    @property
    def speed(self) -> bool:
        """True if it is compared on equal hardware only; its replicates are processes, else seeds."""
        return self.measured.of is None

    @property
    def unit(self) -> str:
        """Unit after a change, with the space between; empty for a share, whose `%` is its own."""
        return f" {self.measured.unit}" if self.measured.unit and not self.share else ""

    @property
    def harm_scale(self) -> float:
        """Factor from a stored value to harm, up to a constant; not for shares."""
        return self._sign() * self.measured.scale

    def harm(self, amount: float) -> float:
        """Return percent or units of harm on the scale that is tested."""
        return math.log1p(amount / 100) if self.share else amount

    def change(self, harm: float) -> float:
        """Return percent more, or units gained (negative: lost)."""
        return 100 * math.expm1(harm) if self.share else 0.0 + self._sign() * harm

    def harm_of(self, change: float) -> float:
        """Return the harm of a change: the inverse of `change`."""
        return math.log1p(change / 100) if self.share else self._sign() * change

    def shown(self, change: float) -> str:
        """Return `+5.2%`, or `-3.1 points`."""
        return f"{change:+.1f}%" if self.share else f"{change:+.2f}{self.unit}"

    def _sign(self) -> float:
        return -1.0 if self.measured.more_is_better else 1.0


def by_name() -> dict[str, Metric]:
    """Return the compared metrics by their names in a comparison, in the registry's order."""
    return {
        compared.name: Metric(metric, compared) for metric, compared in registry.compared_metrics()
    }


def minimums() -> dict[str, float]:
    """Return the least change that counts for each metric."""
    return {name: metric.compared.minimum for name, metric in by_name().items()}


def threshold(text: str) -> tuple[str, float]:
    """Read (`step_time`, 5.0) from `step_time:5%`, (`accuracy`, 2.0) from `accuracy:2`.

    Raises:
        UsageError: no such metric, or no positive number of its unit.
    """
    name, _, amount = text.partition(":")
    metrics = by_name()
    if name not in metrics:
        raise unknown("metric of --fail-if", name, metrics)
    metric = metrics[name]
    if not amount:
        return name, metric.compared.minimum
    try:
        value = float(amount.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf) or amount.endswith("%") != metric.share:
        raise UsageError(f"--fail-if {text}: write it like {metric.compared.example}")
    return name, value
