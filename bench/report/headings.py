"""The lines on every table and plot that state its origin: data, base, gap, warnings."""

from __future__ import annotations

import math

import pandas as pd

from bench.core.metric import JUDGED
from bench.core.study import BASELINE, Study
from bench.report.plots.origin import SYNTHETIC, Origin


def base_name(study: Study) -> str:
    """Name the strategies that the baseline has: `batch_norm+mixup`, or `none`."""
    return "+".join(use.name for use in study.base) or "none"


def main_baseline(study: Study, task: str) -> str:
    """Return the baseline that plots of a task show: the arm `baseline`, else the first one."""
    names = [arm.name for arm in study.arms if arm.task == task and arm.reference is None]
    return BASELINE if BASELINE in names or not names else names[0]


def against(study: Study, task: str, reference: str) -> str:
    """Return the reference of an arm if it is not the task's baseline, else an empty text."""
    return "" if reference == main_baseline(study, task) else reference


def tasks(study: Study) -> list[str]:
    """Return the tasks in the study's order."""
    return list(dict.fromkeys(arm.task for arm in study.arms))


def gap_text(row: pd.Series) -> str:
    """Write the gap of one row of `Analysis.baselines`: `baseline gap 28.1 points`."""
    if not math.isfinite(row["gap"]):
        return "baseline gap not measured"
    return f"baseline gap {row['gap']:.1f} points"


def looks(study: Study) -> str:
    """List the numbers of seeds at which verdicts were shown: `6, then 10`."""
    return ", then ".join(str(seeds) for seeds in (*study.seeds_before, study.seeds))


def baseline_row(study: Study, baselines: pd.DataFrame, task: str) -> pd.Series | None:
    """Return the row of `Analysis.baselines` for a task's main baseline."""
    rows = baselines[(baselines["task"] == task) & (baselines["arm"] == main_baseline(study, task))]
    return None if rows.empty else rows.iloc[0]


def origin(study: Study, baselines: pd.DataFrame, task: str) -> Origin:
    """Return the origin that stands on each plot of a task."""
    row = baseline_row(study, baselines, task)
    gap = "" if row is None else gap_text(row) + (" (see the warning)" if row["warning"] else "")
    added = f"seeds added: {looks(study)}" if study.seeds_before else ""
    subset = "" if row is None else "one training subset" if row["conditional"] else ""
    note = " \N{MIDDLE DOT} ".join(part for part in (gap, study.profile, subset, added) if part)
    return Origin(study.data.get(task, "data unknown"), study.synthetic, base_name(study), note)


def headings(study: Study, baselines: pd.DataFrame) -> tuple[str, ...]:
    """Write the lines above a table: synthetic or not, study, base, and data and gap of each task."""
    base = base_name(study)
    plain = "plain baseline (base: none)" if base == "none" else f"base: {base}"
    lines = [SYNTHETIC] if study.synthetic else []
    seeds = f"{study.seeds} seeds" + (f" from {study.first_seed}" if study.first_seed else "")
    lines.append(f"Study {study.name}, profile {study.profile}, {seeds}, {plain}")
    lines += judged_lines(study)
    if study.seeds_before:
        lines.append(
            f"Seeds were added after verdicts could be seen ({looks(study)}): intervals hold at any "
            "number of seeds, and are wider for it (column price of the effects)"
        )
    for earlier in dict.fromkeys(seen.study for seen in study.seen):
        arms = [f"{seen.task} {seen.arm}" for seen in study.seen if seen.study == earlier]
        lines.append(f"Effects already seen on these seeds in study {earlier}: {', '.join(arms)}")
    for task in tasks(study):
        rows = baselines[baselines["task"] == task]
        parts = [_baseline(row, many=len(rows) > 1) for _, row in rows.iterrows()]
        own = study.own_tasks.get(task)
        if own is not None and own.inside:
            lines.append(f"{task}: already in your model: {', '.join(own.inside)}")
        lines.append(", ".join([f"{task}: data {study.data.get(task, 'unknown')}", *parts]))
    return tuple(lines)


def judged_lines(study: Study) -> list[str]:
    """Say what is judged, and by which margin; nothing where it is the usual metric."""
    if study.judged == JUDGED:
        return []
    metric = study.metric
    margins = [f"{metric.amount(study.margin_on(task))} on {task}" for task in tasks(study)]
    parts = [metric.title, metric.direction, f"margin {', '.join(margins)}"]
    return [f"Judged: {'; '.join(part for part in parts if part)}"]


def is_warning(line: str) -> bool:
    """Return true if a heading is a warning."""
    return "WARNING" in line or "SYNTHETIC" in line


def _baseline(row: pd.Series, many: bool) -> str:
    text = f"{row['arm']}: {gap_text(row)}" if many else gap_text(row)
    if math.isfinite(row["gap"]):
        text += f" (train {row['train_accuracy']:.1%}, test {row['test_accuracy']:.1%})"
    text += f", {row['conditional']}" if row["conditional"] else ""
    return f"{text}. WARNING: {row['warning']}" if row["warning"] else text
