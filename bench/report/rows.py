"""Rows of the decision table for the page and the terminal: texts and sort keys."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.analysis.verdict import small_gain
from bench.core.metric import Column, Metric
from bench.core.metrics import columns as metric_columns
from bench.core.study import Study
from bench.report.around import left_out
from bench.report.card import Card
from bench.report.headings import against
from bench.report.texts import interval, number, ratio, shown, signed
from bench.report.verdicts import rank


@dataclass(frozen=True)
class Cell:
    """A text and its sort key."""

    text: str
    key: float | str | None = None
    detail: str = ""
    """A second, smaller line."""


@dataclass(frozen=True)
class Row:
    """One strategy on one task."""

    task: str
    arm: str
    reference: str
    """The arm that it is compared with."""
    against: str
    """The reference if it is not the task's baseline, else empty."""
    families: tuple[str, ...]
    """Families of its techniques, each once: `normalization`."""
    evidence: str
    """`confirmatory`, `exploratory`, `smoke`, `synthetic`, or `not applicable`."""
    verdict: str
    judged: Metric
    """Metric of the effect."""
    effect: float
    low: float
    high: float
    cells: dict[str, Cell]
    decomposition: str
    """`6% slower a step, 11% fewer steps`."""
    warning: str

    @property
    def gain(self) -> float:
        """Return the effect, or minus the effect where less is better."""
        return self.judged.sign * self.effect

    @property
    def small_gain(self) -> bool:
        """True if a gain is shown that is smaller than the margin."""
        return small_gain(self.verdict, self.low, self.high, self.judged.sign)


BESIDE = ("shrunk", "tuned", "default")
"""Columns that only some studies have: effects beside the effect."""


def columns(
    judged: Metric, devices: Iterable[str], decision: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    """Return the heading and the explanation of each column.

    Args:
        judged: Metric of the effects.
        devices: Devices that measured step times; a CPU's are called CPU step time.
        decision: `Analysis.decision`; figures that it lacks altogether get no column.
    """
    step, changes = step_time_name(devices), metric_columns(judged)
    headings = {
        "effect": ("Effect", f"{judged.change}, with its interval"),
        "shrunk": ("Shrunk", "the effect drawn toward the mean of all: the largest are too large"),
        "tuned": ("Tuned", "the effect with the arm and the baseline tuned with equal effort"),
        "default": ("At defaults", "the effect at the shared default settings, not judged"),
        "verdict": (
            "Verdict",
            "read off the interval: beyond zero, beyond the margin, within it, or open; its adjusted "
            "p; and whether the arm may be the best",
        ),
        "step": (step[0].upper() + step[1:], "of a training step, ratio to the baseline's"),
        "examples": (
            "Examples to target",
            "ratio to the baseline's; seeds that got there; own: to 90% of the arm's own gain, which "
            "is speed alone",
        ),
        **{column.key: (column.short, column.page_meaning) for _, column in changes},
        "front": (
            "Front",
            f"probability to be on the Pareto front of {judged.title} and step time",
        ),
        "seeds": (
            "Seeds to decide",
            "seeds that would end an open question: the interval is then narrower than the margin; "
            "for the range of spreads that the data allow; \N{INFINITY}: the test examples are too few",
        ),
    }
    for key in (column.key for _, column in changes if column.floor):
        heading, meaning = headings[key]
        headings[key] = (
            heading,
            f"{meaning}; floor: the error that so many test examples show by chance",
        )
    optional = {column.key for metric, column in changes if metric.optional}
    return {key: value for key, value in headings.items() if _has(decision, key, optional)}


def _has(decision: pd.DataFrame, key: str, optional: Collection[str]) -> bool:
    if key == "shrunk":  # toward the mean of several
        return "shrunk" in decision and int(decision["shrunk"].notna().sum()) > 1
    name = key if key in optional else f"{key}_effect"
    return key not in (*BESIDE, *optional) or (
        name in decision and bool(decision[name].notna().any())
    )


def step_time_name(devices: Iterable[str]) -> str:
    """Name step times: `CPU step time` from a CPU, `step time on <GPU>` from others."""
    names = sorted(set(devices))
    if names == ["CPU"]:
        return "CPU step time"
    return f"step time on {', '.join(names)}" if names else "step time"


def decision_rows(study: Study, decision: pd.DataFrame, cards: Mapping[str, Card]) -> list[Row]:
    """Make a row for each row of `Analysis.decision`, in its order."""
    records: list[Any] = decision.to_dict("records")
    return [_row(study, row, cards) for row in records]


def own_strategies(study: Study, task: str, arm: str) -> list[str]:
    """List an arm's strategies beyond the base; return the arm's name if the study has no such arm."""
    base = {use.name for use in study.base}
    for candidate in study.arms:
        if (candidate.task, candidate.name) == (task, arm):
            return [use.name for use in candidate.strategies if use.name not in base]
    return [arm]


def _row(study: Study, row: Mapping[str, Any], cards: Mapping[str, Card]) -> Row:
    task, arm = row["task"], row["arm"]
    names = own_strategies(study, task, arm) or left_out(study, task, arm)
    families = dict.fromkeys(cards[name].family for name in names if name in cards)
    absent = row["verdict"] == "not applicable"
    reference = _text(row["reference"])
    return Row(
        task=task,
        arm=arm,
        reference=reference,
        against=against(study, task, reference),
        families=tuple(families) or ("other",),
        evidence="not applicable" if absent else _text(row["family"]),
        verdict=_text(row["verdict"]),
        judged=study.metric,
        effect=number(row["effect"]),
        low=number(row["low"]),
        high=number(row["high"]),
        cells={} if absent else _cells(study.metric, row),
        decomposition=_text(row["decomposition"]),
        warning=_text(row["warning"]),
    )


def _cells(judged: Metric, row: Mapping[str, Any]) -> dict[str, Cell]:
    verdict, digits = _text(row["verdict"]), judged.digits
    return {
        "effect": _effect(digits, row, "effect", "low", "high"),
        "shrunk": _cell(row["shrunk"], signed(row["shrunk"], digits)),
        **{
            name: _effect(digits, row, f"{name}_effect", f"{name}_low", f"{name}_high")
            for name in ("tuned", "default")
        },
        "verdict": Cell(verdict, f"{rank(verdict)}{verdict}", _why(row)),
        "step": _cell(
            row["step_time_ratio"],
            ratio(row["step_time_ratio"]),
            interval(row["step_time_low"], row["step_time_high"], 2),
        ),
        "examples": _cell(row["examples_ratio"], ratio(row["examples_ratio"]), _speed(row)),
        **{column.key: _change(column, row) for _, column in metric_columns(judged)},
        "front": _cell(row["front_probability"], shown(row["front_probability"], ".0%")),
        "seeds": _cell(row["seeds_low"], _range(row["seeds_low"], row["seeds_high"])),
    }


def _effect(digits: int, row: Mapping[str, Any], effect: str, low: str, high: str) -> Cell:
    return _cell(row[effect], signed(row[effect], digits), interval(row[low], row[high], digits))


def _speed(row: Mapping[str, Any]) -> str:
    """Write `90% of seeds` and, on a line of its own, `own 1.02×`."""
    hits, own = shown(row["hit_rate"], ".0%"), ratio(row["own_ratio"])
    return "\n".join(part for part in (hits and f"{hits} of seeds", own and f"own {own}") if part)


def _range(low: object, high: object) -> str:
    """Write `8 to 44`, `8` where both are equal, `8 or more` without an upper end, or infinity."""
    least, most = shown(low, ",.0f"), shown(high, ",.0f")
    if not least:
        return "\N{INFINITY}" if number(low) == math.inf else ""
    return least if least == most else f"{least} to {most}" if most else f"{least} or more"


def _cell(value: object, text: str, detail: str = "") -> Cell:
    """Make a cell that sorts by a number."""
    return Cell(text, number(value) if math.isfinite(number(value)) else None, detail)


def _change(column: Column, row: Mapping[str, Any]) -> Cell:
    """Write a change, and the value that chance alone gives."""
    change, floor = (
        signed(number(row.get(name)) * column.page_scale, column.page_digits)
        for name in (column.key, column.floor)
    )
    return _cell(row[column.key], change, floor and f"floor {floor.removeprefix('+')}")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _why(row: Mapping[str, Any]) -> str:
    """Write the adjusted p, and a note if the arm may be the best."""
    p = number(row["p_adjusted"])
    words = ""
    if math.isfinite(p):
        words = "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")
    judged = row["family"] in ("confirmatory", "exploratory")
    best = "may be the best" if judged and row["candidate"] is True else ""
    return "; ".join(part for part in (words, best) if part)
