"""What every table and plot says about where it comes from: data, base, gap, warnings."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from bench.core.study import BASELINE, Study
from bench.report.plots.origin import SYNTHETIC, Origin


def base_name(study: Study) -> str:
    """`none`, or what the baseline already has: `batch_norm+mixup`."""
    return "+".join(use.name for use in study.base) or "none"


def main_baseline(study: Study, task: str) -> str:
    """The baseline arm of a task that plots show: the one named so, else the first."""
    names = [arm.name for arm in study.arms if arm.task == task and arm.reference is None]
    return BASELINE if BASELINE in names or not names else names[0]


def against(study: Study, task: str, reference: str) -> str:
    """The arm that another is compared with where it is not the task's baseline, else nothing."""
    return "" if reference == main_baseline(study, task) else reference


def tasks(study: Study) -> list[str]:
    """In the study's order."""
    return list(dict.fromkeys(arm.task for arm in study.arms))


def gap_text(row: pd.Series) -> str:
    """The gap of one row of `Analysis.baselines`: `baseline gap 28.1 points`."""
    if not math.isfinite(row["gap"]):
        return "baseline gap not measured"
    return f"baseline gap {row['gap']:.1f} points"


def looks(study: Study) -> str:
    """At how many seeds verdicts could be seen: `6, then 10`."""
    return ", then ".join(str(seeds) for seeds in (*study.seeds_before, study.seeds))


def origin(study: Study, baselines: pd.DataFrame, task: str) -> Origin:
    """What stands on each plot of a task."""
    own = baselines[(baselines["task"] == task)]
    own = own[own["arm"] == main_baseline(study, task)]
    gap = "" if own.empty else gap_text(own.iloc[0])
    if not own.empty and own.iloc[0]["warning"]:
        gap += " (underfits)"
    added = f"seeds added: {looks(study)}" if study.seeds_before else ""
    note = " \N{MIDDLE DOT} ".join(part for part in (gap, study.profile, added) if part)
    return Origin(study.data.get(task, "data unknown"), study.synthetic, base_name(study), note)


def headings(study: Study, baselines: pd.DataFrame, only: Iterable[str] = ()) -> tuple[str, ...]:
    """The lines above a table: synthetic or not, study, base, and per task data, gap, warning.

    Args:
        only: The tasks that the table is about; all if empty.
    """
    wanted = list(only) or tasks(study)
    lines = [f"{SYNTHETIC}"] if study.synthetic else []
    base = base_name(study)
    plain = "plain baseline (base: none)" if base == "none" else f"base: {base}"
    lines.append(f"Study {study.name}, profile {study.profile}, {study.seeds} seeds, {plain}")
    if study.seeds_before:
        lines.append(
            f"WARNING: seeds were added after verdicts could be seen ({looks(study)}): p values are "
            "too small; --until-decided plans such looks"
        )
    for task in wanted:
        own = baselines[baselines["task"] == task]
        parts = [f"{task}: data {study.data.get(task, 'unknown')}"]
        for _, row in own.iterrows():
            parts.append(_baseline(row, many=len(own) > 1))
        lines.append(", ".join(parts))
    return tuple(lines)


def _baseline(row: pd.Series, many: bool) -> str:
    name = f"{row['arm']}: " if many else ""
    text = f"{name}{gap_text(row)}"
    if math.isfinite(row["gap"]):
        text += f" (train {row['train_accuracy']:.1%}, test {row['test_accuracy']:.1%})"
    return f"{text}. WARNING: {row['warning']}" if row["warning"] else text
