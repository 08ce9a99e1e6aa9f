"""The decision table's rows as the page and the terminal show them: texts and sort keys."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.core.study import Study
from bench.report.card import Card
from bench.report.headings import against

RANK = ("helps", "equivalent", "negligible", "inconclusive", "hurts")
"""Of verdicts, for sorting; all other words come after these."""


@dataclass(frozen=True)
class Cell:
    """A text and what it sorts by."""

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
    """Of its techniques, each once: `normalization`."""
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
    """Column -> heading and explanation.

    Args:
        devices: That step times were measured on; what a CPU measured is called CPU step time.
        tuned: Whether arms were trained with the settings of `bench tune` too.
    """
    step = step_time_name(devices)
    shown = {
        "effect": ("Effect", "change of test accuracy, percentage points, with its interval"),
        "tuned": ("Tuned", "the effect with the arm and the baseline tuned with equal effort"),
        "verdict": (
            "Verdict",
            "what the effect supports, and its adjusted p; equivalent: the 90% interval, which lies "
            "inside the margin",
        ),
        "step": (step[0].upper() + step[1:], "of a training step, ratio to the baseline's"),
        "examples": ("Examples to target", "ratio to the baseline's; seeds that got there"),
        "ece": ("ΔECE", "change of expected calibration error, points; less is better"),
        "nll": ("ΔNLL", "change of negative log-likelihood, nats; less is better"),
        "gap": ("ΔGap", "change of train minus test accuracy, points; less is less overfitting"),
        "front": ("Front", "on the Pareto front of accuracy and step time"),
        "seeds": ("Seeds to decide", "seeds that would decide, with 80% power"),
    }
    return {key: value for key, value in shown.items() if tuned or key != "tuned"}


def is_tuned(decision: pd.DataFrame) -> bool:
    """Whether the decision table has tuned effects beside the untuned."""
    return bool(decision["tuned_effect"].notna().any())


def step_time_name(devices: Iterable[str]) -> str:
    """`CPU step time` where a CPU measured it, `step time on <GPU>` elsewhere."""
    known = sorted(set(devices))
    if known == ["CPU"]:
        return "CPU step time"
    return f"step time on {', '.join(known)}" if known else "step time"


def decision_rows(study: Study, decision: pd.DataFrame, cards: Mapping[str, Card]) -> list[Row]:
    """A row per row of `Analysis.decision`, in its order."""
    records: list[Any] = decision.to_dict("records")
    return [_row(study, row, cards) for row in records]


def own_strategies(study: Study, task: str, arm: str) -> list[str]:
    """An arm's strategies beyond the base; its own name if the study has no such arm."""
    base = {use.name for use in study.base}
    for known in study.arms:
        if (known.task, known.name) == (task, arm):
            return [use.name for use in known.strategies if use.name not in base]
    return [arm]


def _row(study: Study, row: Mapping[str, Any], cards: Mapping[str, Card]) -> Row:
    names = own_strategies(study, row["task"], row["arm"])
    families = dict.fromkeys(cards[name].family for name in names if name in cards)
    absent = row["verdict"] == "not applicable"
    reference = text(row["reference"])
    return Row(
        task=row["task"],
        arm=row["arm"],
        reference=reference,
        against=against(study, row["task"], reference),
        families=tuple(families) or ("other",),
        evidence="not applicable" if absent else text(row["family"]),
        verdict=text(row["verdict"]),
        effect=_number(row["effect"]),
        low=_number(row["low"]),
        high=_number(row["high"]),
        cells={} if absent else _cells(row),
        decomposition=text(row["decomposition"]),
        warning=text(row["warning"]),
    )


def _cells(row: Mapping[str, Any]) -> dict[str, Cell]:
    verdict = text(row["verdict"])
    rank = RANK.index(verdict) if verdict in RANK else len(RANK)
    step, low, high = (_number(row[f"step_time_{end}"]) for end in ("ratio", "low", "high"))
    front = row["on_front"]
    known = front is not None and front == front
    return {
        "effect": Cell(
            signed(row["effect"], 1), _key(row["effect"]), interval(row["low"], row["high"])
        ),
        "tuned": Cell(
            signed(row["tuned_effect"], 1),
            _key(row["tuned_effect"]),
            interval(row["tuned_low"], row["tuned_high"]),
        ),
        "verdict": Cell(verdict, f"{rank}{verdict}", _why(row)),
        "step": Cell(ratio(step), _key(step), _step_detail(low, high)),
        "examples": Cell(
            ratio(row["examples_ratio"]), _key(row["examples_ratio"]), _hits(row["hit_rate"])
        ),
        "ece": Cell(signed(_number(row["ece"]) * 100, 1), _key(row["ece"])),
        "nll": Cell(signed(row["nll"], 3), _key(row["nll"])),
        "gap": Cell(signed(row["gap"], 1), _key(row["gap"])),
        "front": Cell(("yes" if front else "no") if known else "", int(not front) if known else 2),
        "seeds": Cell(_whole(row["seeds_needed"]), _key(row["seeds_needed"])),
    }


def css(verdict: str) -> str:
    """The class that colors a verdict."""
    return f"v-{verdict}" if verdict in RANK else "v-none"


def text(value: object) -> str:
    """A word, or nothing where it is missing."""
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _key(value: object) -> float | None:
    number = _number(value)
    return number if math.isfinite(number) else None


def signed(value: object, digits: int) -> str:
    """`+4.2`, with a true minus sign and no negative zero; nothing where it is missing."""
    number = _number(value)
    if not math.isfinite(number):
        return ""
    rounded = round(number, digits) + 0.0
    return f"{rounded:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval(low: object, high: object) -> str:
    """`[3.5, 4.8]`, or nothing where there is none."""
    ends = [_number(low), _number(high)]
    if not all(math.isfinite(end) for end in ends):
        return ""
    a, b = (f"{round(end, 1) + 0.0:.1f}".replace("-", "\N{MINUS SIGN}") for end in ends)
    return f"[{a}, {b}]"


def ratio(value: object) -> str:
    """`1.19×`, or nothing."""
    number = _number(value)
    return f"{number:.2f}\N{MULTIPLICATION SIGN}" if math.isfinite(number) else ""


def _step_detail(low: float, high: float) -> str:
    return f"[{low:.2f}, {high:.2f}]" if math.isfinite(low) else ""


def _hits(rate: object) -> str:
    number = _number(rate)
    return f"{number:.0%} of seeds" if math.isfinite(number) else ""


def _why(row: Mapping[str, Any]) -> str:
    """What the verdict rests on: for "equivalent" the interval that TOST looks at, else p."""
    if row["verdict"] == "equivalent":
        return f"90% {interval(row['equivalence_low'], row['equivalence_high'])}"
    p = _number(row["p_adjusted"])
    if not math.isfinite(p):
        return ""
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".")


def _whole(value: object) -> str:
    number = _number(value)
    return f"{number:,.0f}" if math.isfinite(number) else ""
