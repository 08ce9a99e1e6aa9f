"""The tests of one metric of one task: the shift that all arms share, and each arm's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bench.compare.matching import different, different_hardware
from bench.compare.metrics import Metric
from bench.compare.occasions import INSEPARABLE, Spread, in_turn, over_occasions, spread
from bench.compare.units import Sides, sides, starts_equal, values
from bench.stats import changes
from bench.storage.history import Line

ENVIRONMENT = "all arms"
"""Name in the column of arms for the shift that all arms of a task share."""
OWN_LEVEL = "its own level: not all arms changed with the baseline"
Accepted = Mapping[tuple[str, str, str], float]
"""(task, arm, metric) -> the harm, on the scale of `Metric.harm`, that was accepted."""
Pairs = Mapping[str, tuple[Line, Line]]
"""Arm -> its lines of both studies, the baseline first."""


class Shift(NamedTuple):
    """One tested shift: an arm's own, or the one that all arms share."""

    task: str
    arm: str
    metric: Metric
    base: float
    """Mean in the metric's own unit."""
    new: float
    change: changes.Change
    """Scalars, on the scale of `Metric.harm`."""
    test: str
    accepted: float
    """The accepted harm, which the test takes as no change."""
    remark: str = ""
    machine: float | None = None
    """Slow-down of a plain matrix product (log), where the software is the same."""


class Rejected(NamedTuple):
    """An arm, or one metric of it, that cannot be compared."""

    task: str
    arm: str
    metric: str
    """Empty for all metrics."""
    reason: str


@dataclass(frozen=True)
class Tested:
    """Results for a metric of a task."""

    shifts: list[Shift] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    process_sd: float = np.nan
    """Standard deviation of an arm's own step time from process to process (log)."""


def comparable(
    task: str, base: Mapping[str, Line], new: Mapping[str, Line]
) -> tuple[Pairs, list[Rejected]]:
    """Pair the arms of a task that both studies have on the same terms."""
    pairs, rejected = {}, []
    for arm in dict.fromkeys([*base, *new]):
        if arm not in base or arm not in new:
            reason = f"only in the {'base' if arm in base else 'new'} study"
        else:
            reason = different(base[arm], new[arm])
        if reason:
            rejected.append(Rejected(task, arm, "", reason))
        else:
            pairs[arm] = (base[arm], new[arm])
    return pairs, rejected


def metric_shifts(
    task: str, metric: Metric, pairs: Pairs, accepted: Accepted, history: Sequence[Line]
) -> Tested:
    """Test the shift that all arms share, and each arm's own shift beyond it.

    With few arms the baseline's shift stands for the shared one. Where another arm clearly did not
    follow it, each arm is tested by its own level instead, if levels can be told from the occasion.

    Args:
        accepted: shifts that were accepted; others are tested against none.
        history: lines of other studies, which show how far occasions are apart.
    """
    reasons = {arm: _why_not(metric, *lines) for arm, lines in pairs.items()}
    rejected = [Rejected(task, arm, metric.name, why) for arm, why in reasons.items() if why]
    usable = {arm: pairs[arm] for arm, why in reasons.items() if why == ""}
    if not usable:
        return Tested(rejected=rejected)
    has_baseline = next(iter(usable.values()))[0].reference is None
    few_arms = len(usable) < changes.FEW
    if few_arms and not has_baseline:
        reason = "its baseline cannot be compared, and other arms are too few to stand for it"
        rejected += [Rejected(task, arm, metric.name, reason) for arm in usable]
        return Tested(rejected=rejected)
    paired = not metric.speed and starts_equal(usable.values())
    table = sides(metric, usable, paired)
    turns = metric.compared.level is None or in_turn(*zip(*usable.values(), strict=True))
    own_shifts, change = _own(task, metric, usable, table, paired, accepted)
    sd = np.nan
    if metric.compared.level is not None:
        sd = changes.planning_sd(change, slice(1 if has_baseline else 0, None))
    if few_arms and turns and _left_alone(metric, table, paired):
        return Tested(_levels(task, metric, usable, table, paired, accepted), rejected, sd)
    shared_null = accepted.get((task, ENVIRONMENT, metric.name), 0.0)
    if few_arms:  # a shift of the baseline that was accepted by its name
        shared_null += accepted.get((task, next(iter(usable)), metric.name), 0.0)
    shared = _shared(task, metric, table, paired, shared_null)
    if not turns:
        occasions = spread(metric, {arm: lines[0] for arm, lines in usable.items()}, history)
        shared = _over_occasions(shared, occasions)
    return Tested([shared, *own_shifts[1 if few_arms else 0 :]], rejected, sd)


def _why_not(metric: Metric, base: Line, new: Line) -> str | None:
    """Return the reason why a metric of an arm cannot be compared; None if neither side has it."""
    counts = [len(values(line, metric.compared.field)) for line in (base, new)]
    if not any(counts):
        return None
    if not all(counts):
        return f"{metric.title} was measured in the {'base' if counts[0] else 'new'} study only"
    if metric.speed:
        return different_hardware(base, new)
    return "stand-in data never gets a verdict" if base.synthetic else ""


def _shared(task: str, metric: Metric, table: Sides, paired: bool, null: float) -> Shift:
    """Test the shift that all arms share."""
    base, new = changes.parts(table.base_level, table.new_level).common
    test = changes.paired if paired else changes.welch
    change = test(base, new, metric.harm(metric.compared.floor), null)
    means, name = [float(side[0]) for side in table.level_means], _test_name(paired)
    return Shift(
        task, ENVIRONMENT, metric, means[0], means[1], change, name, null, "", table.machine_shift
    )


def _left_alone(metric: Metric, table: Sides, paired: bool) -> bool:
    """Return true if the baseline's level changed, and that of another arm did not with it."""
    test, floor = changes.paired if paired else changes.welch, metric.harm(metric.compared.floor)
    beside = changes.parts(table.base_level, table.new_level).own
    level = test(table.base_level, table.new_level, floor)
    return changes.left_alone(level, test(*beside, floor))


def _levels(
    task: str, metric: Metric, pairs: Pairs, table: Sides, paired: bool, accepted: Accepted
) -> list[Shift]:
    """Test each arm's own level, whatever the other arms did."""
    shared = accepted.get((task, ENVIRONMENT, metric.name), 0.0)
    null = np.array([shared + accepted.get((task, arm, metric.name), 0.0) for arm in pairs])
    test = changes.paired if paired else changes.welch
    floor = metric.harm(metric.compared.floor)
    change = test(table.base_level, table.new_level, floor, null)
    shifts, name, machine = [], _test_name(paired), table.machine_shift
    for number, arm in enumerate(pairs):
        base, new = (float(side[number]) for side in table.means)
        scalars = changes.Change(*(part[number] for part in change))
        granted = float(null[number])
        shifts.append(
            Shift(task, arm, metric, base, new, scalars, name, granted, OWN_LEVEL, machine)
        )
    return shifts


def _over_occasions(shared: Shift, occasions: Spread | None) -> Shift:
    """Judge a shared shift whose sides were not measured in turn."""
    change = over_occasions(shared.change, occasions, shared.accepted)
    if occasions is None:
        return shared._replace(change=change, remark=INSEPARABLE)
    return shared._replace(change=change, test=f"{shared.test}, {occasions.occasions} occasions")


def _own(
    task: str, metric: Metric, pairs: Pairs, table: Sides, paired: bool, accepted: Accepted
) -> tuple[list[Shift], changes.Change]:
    """Test each arm's own shift beyond the shared one; return a shift per arm, and all as arrays."""
    base, new = changes.parts(table.base, table.new).own
    if metric.compared.level is not None and next(iter(pairs.values()))[0].reference is None:
        # A baseline's ratio is 1 by definition: its own shift shows in milliseconds only.
        levels = changes.parts(table.base_level, table.new_level).own
        base[0], new[0] = levels[0][0], levels[1][0]
    null = np.array([accepted.get((task, arm, metric.name), 0.0) for arm in pairs])
    test = changes.paired if paired else changes.welch
    change = test(base, new, metric.harm(metric.compared.floor), null)
    shifts = []
    for number, (arm, lines) in enumerate(pairs.items()):
        means = [float(side[number]) for side in table.means]
        scalars = changes.Change(*(part[number] for part in change))
        identical = paired and lines[0].seeds == lines[1].seeds
        remark = "identical in every seed" if identical else ""
        name, accepted_harm = _test_name(paired), float(null[number])
        shifts.append(
            Shift(task, arm, metric, means[0], means[1], scalars, name, accepted_harm, remark)
        )
    return shifts, change


def _test_name(paired: bool) -> str:
    return "paired t" if paired else "Welch"
