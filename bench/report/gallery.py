"""All plots of a study, task by task; a plot that cannot be drawn costs only itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.analysis import Analysis
from bench.core.study import Study
from bench.report.headings import main_baseline, origin, tasks
from bench.report.plots.calibration import calibration_bins, calibration_plot
from bench.report.plots.convergence import convergence_plot, profile_plot
from bench.report.plots.cost import cost_plot
from bench.report.plots.curves import curve_plot
from bench.report.plots.effect import effect_plot
from bench.report.plots.heat import interaction_plot
from bench.report.plots.origin import Origin
from bench.report.plots.style import Plot, colors
from bench.report.rows import step_time_name


@dataclass(frozen=True)
class Frames:
    """What the plots are drawn from."""

    trials: pd.DataFrame
    points: pd.DataFrame
    """task, arm, seed, difference (percentage points of test accuracy)."""
    bands: pd.DataFrame
    """What `curve_bands` gives."""


@dataclass(frozen=True)
class Gallery:
    """The plots, and a line for each that could not be drawn."""

    plots: dict[str, list[Plot]]
    problems: list[str]


def gallery(study: Study, analysis: Analysis, frames: Frames) -> Gallery:
    """Draws what the study has data for; plots without data are left out."""
    plots: dict[str, list[Plot]] = {}
    problems = []
    for task in tasks(study):
        plots[task] = []
        for name, drawing in _drawings(study, analysis, frames, task):
            try:
                plot = drawing()
            except Exception as error:  # drawn from data already safe in the tables
                problems.append(f"the {name} plot of {task} could not be drawn: {error!r}")
                continue
            plots[task] += [plot] if plot else []
    return Gallery(plots, problems)


def _drawings(
    study: Study, analysis: Analysis, frames: Frames, task: str
) -> Iterator[tuple[str, Callable[[], Plot | None]]]:
    where = origin(study, analysis.baselines, task)
    baseline = main_baseline(study, task)
    hues = _hues(study, task, baseline)
    yield "effect", lambda: _effect(study, analysis, frames, task, baseline, where)
    yield "cost", lambda: _cost(analysis, task, baseline, hues, where)
    yield "curves", lambda: _curves(analysis, frames, task, baseline, hues, where)
    yield "convergence", lambda: _convergence(analysis, task, baseline, hues, where)
    yield "profile", lambda: _profile(analysis, task, baseline, hues, where)
    yield "calibration", lambda: _calibration(frames, task, baseline, hues, where)
    yield "interactions", lambda: _interactions(analysis, task, where)


def _hues(study: Study, task: str, baseline: str) -> dict[str, str]:
    """A strategy keeps its color over the tasks of a study."""
    names = dict.fromkeys(arm.name for arm in study.arms if arm.role != "control")
    controls = [arm.name for arm in study.arms if arm.role == "control" and arm.task == task]
    return colors([name for name in names if name != baseline], controls)


def _effect(
    study: Study, analysis: Analysis, frames: Frames, task: str, baseline: str, where: Origin
) -> Plot | None:
    rows = _of(analysis.effects, task)
    rows = rows[(rows["metric"] == "test_accuracy") & (rows["n"] > 0)]
    roles = {arm.name: arm.role for arm in study.arms if arm.task == task}
    if rows.empty:
        return None
    pairs = zip(rows["arm"], rows["reference"], strict=True)
    label = [_label(arm, reference, baseline) for arm, reference in pairs]
    rows = rows.assign(role=rows["arm"].map(roles), label=label)
    margin = study.margin.get(task, float(rows["margin"].iloc[0]))
    return effect_plot(task, rows, _of(frames.points, task), margin, where)


def _label(arm: str, reference: str, baseline: str) -> str:
    """The arm; and its reference, unless that is the baseline or the arm's name tells it.

    `mixup[setting]` is compared with `baseline[setting]`, `a+b[without a]` with `a+b`.
    """
    setting = reference.removeprefix(baseline)
    same_setting = setting.startswith("[") and arm.endswith(setting)
    if reference == baseline or same_setting or arm.startswith(f"{reference}["):
        return arm
    return f"{arm} vs {reference}"


_RATIO = {
    "step_time_ratio": "ratio", "step_time_low": "ratio_low", "step_time_high": "ratio_high",
}  # fmt: skip


def _cost(
    analysis: Analysis, task: str, baseline: str, hues: dict[str, str], where: Origin
) -> Plot | None:
    rows = _of(analysis.decision, task).rename(columns=_RATIO)
    rows = rows[rows["effect"].notna() & rows["ratio"].notna() & (rows["reference"] == baseline)]
    if rows.empty:
        return None
    rows = rows.assign(pareto=rows["on_front"].astype(bool))
    return cost_plot(task, rows, step_time_name(rows["device"]), hues, where)


def _curves(
    analysis: Analysis, frames: Frames, task: str, baseline: str, hues: dict[str, str],
    where: Origin,
) -> Plot | None:  # fmt: skip
    bands = _of(frames.bands, task)
    own = _of(analysis.convergence, task)
    targets = own.loc[own["arm"] == baseline, "accuracy"].tolist()
    return None if bands.empty else curve_plot(task, bands, baseline, hues, targets, where)


def _convergence(
    analysis: Analysis, task: str, baseline: str, hues: dict[str, str], where: Origin
) -> Plot | None:
    rows = _of(analysis.convergence, task)
    return None if rows.empty else convergence_plot(task, rows, baseline, hues, where)


def _profile(
    analysis: Analysis, task: str, baseline: str, hues: dict[str, str], where: Origin
) -> Plot | None:
    rows = _of(analysis.profiles, task)
    for measure in ("seconds", "examples"):
        own = rows[rows["measure"] == measure]
        if len(own):
            return profile_plot(task, own, baseline, hues, where)
    return None


def _calibration(
    frames: Frames, task: str, baseline: str, hues: dict[str, str], where: Origin
) -> Plot | None:
    trials = _of(frames.trials, task)
    bins = calibration_bins(trials)
    if bins.empty:
        return None
    ece = trials.groupby("arm")["ece"].mean()
    known = {str(arm): float(value) for arm, value in ece.items() if np.isfinite(value)}
    return calibration_plot(task, bins, known, baseline, hues, where)


def _interactions(analysis: Analysis, task: str, where: Origin) -> Plot | None:
    rows = _of(analysis.interactions, task).dropna(subset=["effect"])
    pairs = rows.rename(columns={"a": "first", "b": "second"})
    return None if pairs.empty else interaction_plot(task, pairs, where)


def _of(frame: pd.DataFrame, task: str) -> pd.DataFrame:
    return frame[frame["task"] == task]
