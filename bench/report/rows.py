"""Rows of the decision table for the page and the terminal: texts and sort keys."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.core.metric import Column
from bench.core.metric import columns as metric_columns
from bench.core.study import Study
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
    """The same where it is not the task's baseline, else nothing."""
    families: tuple[str, ...]
    """Families of its techniques, each once: `normalization`."""
    evidence: str
    """`confirmatory`, `exploratory`, `smoke`, `synthetic`, or `not applicable`."""
    verdict: str
    effect: float
    low: float
    high: float
    cells: dict[str, Cell]
    decomposition: str
    """`6% slower a step, 11% fewer steps`."""
    warning: str


def columns(devices: Iterable[str], tuned: bool = False) -> dict[str, tuple[str, str]]:
    """Return the heading and the explanation of each column.

    Args:
        devices: Devices that measured step times; a CPU's are called CPU step time.
        tuned: Whether arms were trained with the settings of `bench tune` too.
    """
    step = step_time_name(devices)
    headings = {
        "effect": ("Effect", "change of test accuracy, percentage points, with its interval"),
        "tuned": ("Tuned", "the effect with the arm and the baseline tuned with equal effort"),
        "verdict": (
            "Verdict",
            "what the effect supports, and its adjusted p; equivalent: the 90% interval, which lies "
            "inside the margin",
        ),
        "step": (step[0].upper() + step[1:], "of a training step, ratio to the baseline's"),
        "examples": ("Examples to target", "ratio to the baseline's; seeds that got there"),
        **{column.key: (column.short, column.page_meaning) for _, column in metric_columns()},
        "front": ("Front", "on the Pareto front of accuracy and step time"),
        "seeds": ("Seeds to decide", "seeds that would decide, with 80% power"),
    }
    return {key: value for key, value in headings.items() if tuned or key != "tuned"}


def is_tuned(decision: pd.DataFrame) -> bool:
    """Return whether the decision table has tuned effects beside the untuned."""
    return bool(decision["tuned_effect"].notna().any())


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
    """List an arm's strategies beyond the base; its own name if the study has no such arm."""
    base = {use.name for use in study.base}
    for other in study.arms:
        if (other.task, other.name) == (task, arm):
            return [use.name for use in other.strategies if use.name not in base]
    return [arm]


def _row(study: Study, row: Mapping[str, Any], cards: Mapping[str, Card]) -> Row:
    names = own_strategies(study, row["task"], row["arm"])
    families = dict.fromkeys(cards[name].family for name in names if name in cards)
    absent = row["verdict"] == "not applicable"
    reference = _text(row["reference"])
    return Row(
        task=row["task"],
        arm=row["arm"],
        reference=reference,
        against=against(study, row["task"], reference),
        families=tuple(families) or ("other",),
        evidence="not applicable" if absent else _text(row["family"]),
        verdict=_text(row["verdict"]),
        effect=number(row["effect"]),
        low=number(row["low"]),
        high=number(row["high"]),
        cells={} if absent else _cells(row),
        decomposition=_text(row["decomposition"]),
        warning=_text(row["warning"]),
    )


def _cells(row: Mapping[str, Any]) -> dict[str, Cell]:
    verdict = _text(row["verdict"])
    front = "" if pd.isna(row["on_front"]) else "yes" if row["on_front"] else "no"
    hits = shown(row["hit_rate"], ".0%")
    return {
        "effect": _cell(row["effect"], signed(row["effect"], 1), interval(row["low"], row["high"])),
        "tuned": _cell(
            row["tuned_effect"],
            signed(row["tuned_effect"], 1),
            interval(row["tuned_low"], row["tuned_high"]),
        ),
        "verdict": Cell(verdict, f"{rank(verdict)}{verdict}", _why(row)),
        "step": _cell(
            row["step_time_ratio"],
            ratio(row["step_time_ratio"]),
            interval(row["step_time_low"], row["step_time_high"], 2),
        ),
        "examples": _cell(
            row["examples_ratio"], ratio(row["examples_ratio"]), hits and f"{hits} of seeds"
        ),
        **{column.key: _change(column, row[column.key]) for _, column in metric_columns()},
        "front": Cell(front, ("yes", "no", "").index(front)),
        "seeds": _cell(row["seeds_needed"], shown(row["seeds_needed"], ",.0f")),
    }


def _cell(value: object, text: str, detail: str = "") -> Cell:
    """Make a cell that sorts by a number."""
    return Cell(text, number(value) if math.isfinite(number(value)) else None, detail)


def _change(column: Column, value: object) -> Cell:
    return _cell(value, signed(number(value) * column.page_scale, column.page_digits))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _why(row: Mapping[str, Any]) -> str:
    """Write the ground of a verdict: the interval of the equivalence test, or the p value."""
    if row["verdict"] == "equivalent":
        return f"90% {interval(row['equivalence_low'], row['equivalence_high'])}"
    p = number(row["p_adjusted"])
    if not math.isfinite(p):
        return ""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")
