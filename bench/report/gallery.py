"""All plots of a study, task by task. A plot that cannot be drawn stops no other plot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bench.analysis.analysis import Analysis
from bench.core.study import Study
from bench.report.around import GROUPS, groups
from bench.report.headings import main_baseline, origin, tasks
from bench.report.plots.calibration import calibration_bins, calibration_plot
from bench.report.plots.canvas import Plot
from bench.report.plots.convergence import convergence_plot, profile_plot
from bench.report.plots.cost import cost_plot
from bench.report.plots.curves import curve_plot
from bench.report.plots.effect import effect_plot
from bench.report.plots.heat import interaction_plot
from bench.report.plots.origin import Origin
from bench.report.plots.style import colors, each
from bench.report.rows import step_time_name


@dataclass(frozen=True)
class Frames:
    """Frames beside the analysis from which plots and page are drawn."""

    trials: pd.DataFrame
    points: pd.DataFrame
    """task, arm, seed, difference (of the judged metric, in its unit)."""
    bands: pd.DataFrame
    """Result of `curve_bands`."""


@dataclass(frozen=True)
class Gallery:
    """The plots, and a line for each plot that could not be drawn."""

    plots: dict[str, list[Plot]]
    problems: list[str]


def gallery(study: Study, analysis: Analysis, frames: Frames) -> Gallery:
    """Draw all plots that the study has data for."""
    plots: dict[str, list[Plot]] = {}
    problems = []
    for task in tasks(study):
        plots[task] = []
        for name, drawing in DRAWINGS.items():
            try:
                plot = drawing(Subject(study, analysis, frames, task))
            except Exception as error:  # drawn from data already safe in the tables
                problems.append(f"the {name} plot of {task} could not be drawn: {error!r}")
                continue
            plots[task] += [plot] if plot else []
    return Gallery(plots, problems)


@dataclass(frozen=True)
class Subject:
    """One task of a study, as the drawing functions take it."""

    study: Study
    analysis: Analysis
    frames: Frames
    task: str

    @property
    def baseline(self) -> str:
        """The baseline arm that plots show."""
        return main_baseline(self.study, self.task)

    @property
    def origin(self) -> Origin:
        """Line at the foot of each plot."""
        return origin(self.study, self.analysis.baselines, self.task)

    @cached_property
    def roles(self) -> dict[str, str]:
        """Arm -> role."""
        return {arm.name: arm.role for arm in self.study.arms if arm.task == self.task}

    @property
    def hues(self) -> dict[str, str]:
        """Arm -> color, the same over the tasks of a study."""
        names = dict.fromkeys(arm.name for arm in self.study.arms if arm.role != "control")
        controls = [arm for arm, role in self.roles.items() if role == "control"]
        return colors([name for name in names if name != self.baseline], controls)

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of this task."""
        return frame[frame["task"] == self.task]


def _effect(s: Subject) -> Plot | None:
    rows = s.of(s.analysis.effects)
    rows = rows[rows["judged"] & (rows["n"] > 0)]
    if rows.empty:
        return None
    labels = [_label(row.arm, row.reference, s.baseline) for row in each(rows)]
    rows = rows.assign(
        role=rows["arm"].map(s.roles), label=labels, group=rows["arm"].map(groups(s.study, s.task))
    )
    rows = rows.sort_values("group", key=lambda groups: groups.map(GROUPS.index), kind="stable")
    points = s.of(s.frames.points)
    return effect_plot(s.task, rows, points, s.study.metric, s.study.margin_on(s.task), s.origin)


def _label(arm: str, reference: str, baseline: str) -> str:
    """Name the arm, and its reference unless that is the baseline or follows from the arm's name.

    `mixup[setting]` is compared with `baseline[setting]`, `a+b[without a]` with `a+b`.
    """
    setting = reference.removeprefix(baseline)
    same_setting = setting.startswith("[") and arm.endswith(setting)
    if reference == baseline or same_setting or arm.startswith(f"{reference}["):
        return arm
    return f"{arm} vs {reference}"


_RATIO = {
    "step_time_ratio": "ratio", "step_time_low": "ratio_low", "step_time_high": "ratio_high",
    "on_front": "pareto",
}  # fmt: skip


def _cost(s: Subject) -> Plot | None:
    rows = s.of(s.analysis.decision).rename(columns=_RATIO)
    rows = rows[rows["reference"] == s.baseline].dropna(subset=["effect", "ratio"])
    if rows.empty:
        return None
    rows = rows.astype({"pareto": bool})
    step_time = step_time_name(rows["device"])
    return cost_plot(s.task, rows, s.study.metric, step_time, s.hues, s.origin)


def _curves(s: Subject) -> Plot | None:
    bands, rows = s.of(s.frames.bands), s.of(s.analysis.convergence)
    targets = rows.loc[rows["arm"] == s.baseline, "accuracy"].tolist()
    if bands.empty:
        return None
    return curve_plot(s.task, bands, s.baseline, s.hues, targets, s.origin)


def _convergence(s: Subject) -> Plot | None:
    rows = s.of(s.analysis.convergence)
    return None if rows.empty else convergence_plot(s.task, rows, s.baseline, s.hues, s.origin)


def _profile(s: Subject) -> Plot | None:
    """Draw the performance profile by seconds, or by examples if no step was timed."""
    steps = s.of(s.analysis.profiles)
    for measure in ("seconds", "examples"):
        rows = steps[steps["measure"] == measure]
        if len(rows):
            return profile_plot(s.task, rows, s.baseline, s.hues, s.origin)
    return None


def _calibration(s: Subject) -> Plot | None:
    trials = s.of(s.frames.trials)
    bins = calibration_bins(trials)
    if bins.empty:
        return None
    means = trials.groupby("arm")["ece"].mean()
    ece = {str(arm): float(mean) for arm, mean in means.items() if np.isfinite(mean)}
    return calibration_plot(s.task, bins, ece, s.baseline, s.hues, s.origin)


def _interactions(s: Subject) -> Plot | None:
    rows = s.of(s.analysis.interactions).dropna(subset=["effect"])
    pairs = rows.rename(columns={"a": "first", "b": "second"})
    return None if pairs.empty else interaction_plot(s.task, pairs, s.study.metric, s.origin)


DRAWINGS: Mapping[str, Callable[[Subject], Plot | None]] = {
    "effect": _effect,
    "cost": _cost,
    "curves": _curves,
    "convergence": _convergence,
    "profile": _profile,
    "calibration": _calibration,
    "interactions": _interactions,
}
"""Name of a plot -> its function, in the order of the page."""
