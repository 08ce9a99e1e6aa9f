"""The decision table: a row per strategy and task with all that a choice depends on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.step_times import pareto_front
from bench.analysis.verdict import DECIDED
from bench.core.metric import columns as metric_columns
from bench.core.metric import judged_metric
from bench.core.study import TUNED, Study

TARGET = 0.9
"""The target that the table shows: chance + 90% of the baseline's gain over chance."""
_BEFORE_METRICS: dict[str, str] = {
    "task": "task",
    "arm": "the arm: its strategies",
    "reference": "the arm that it is compared with",
    "n": "seeds compared",
    "effect": "change of test accuracy, percentage points (mean over seeds)",
    "low": "lower end of the effect's interval (95%; confirmatory: Bonferroni over the family)",
    "high": "upper end",
    "equivalence_low": "lower end of the 90% interval: equivalent where it lies inside the margin",
    "equivalence_high": "upper end",
    "margin": "of practical relevance, percentage points",
    "p_adjusted": "Holm over the confirmatory family, else Benjamini-Hochberg over the table",
    "verdict": "helps, hurts, negligible, equivalent, inconclusive; or why there is none yet",
    "family": "confirmatory, exploratory, smoke or synthetic",
    "tuned_effect": "the effect where the arm and the baseline have the settings of `bench tune`",
    "tuned_low": "lower end of its interval",
    "tuned_high": "upper end",
    "step_time_ratio": "time of a training step over the reference's",
    "step_time_low": "lower end of its 95% interval over fresh processes",
    "step_time_high": "upper end",
    "processes": "fresh processes that measured step times",
    "device": "what the step times were measured on",
    "examples_ratio": "examples to 90% of the baseline's gain over chance, over the reference's",
    "hit_rate": "share of seeds that reached that target",
    "seconds_ratio": "time to that target over the reference's: steps x step time",
    "decomposition": "the same in words: a slower step, fewer steps",
}
_AFTER_METRICS: dict[str, str] = {
    "on_front": "no other arm is as accurate and as fast a step (point estimates)",
    "seeds_needed": "seeds that would decide, with 80% power, whether the margin is exceeded",
    "warning": "what to know before using this row",
}


def meanings() -> dict[str, str]:
    """Return each column of the decision table with its meaning, in order."""
    changes = {column.key: column.meaning for _, column in metric_columns()}
    return _BEFORE_METRICS | changes | _AFTER_METRICS


def decision_table(
    study: Study,
    effects: pd.DataFrame,
    step_times: pd.DataFrame,
    convergence: pd.DataFrame,
    seconds: pd.DataFrame,
) -> pd.DataFrame:
    """A row per task and arm that is no baseline and no control, best effect first in each task.

    Arms that are not applicable follow, with the reason in `warning`.

    Args:
        effects: all metrics, as `bench.analysis.effects.effects` makes it.
        step_times: `bench.analysis.step_times.headline`: one place a task.
        convergence, seconds: of all targets; `seconds` of that place.

    Returns:
        The columns of `meanings`. `on_front` is None where accuracy or step time is missing.
        `seeds_needed` is the larger of the seeds for equivalence and for a difference of the size
        of the margin, NaN where a verdict was reached.
    """
    shown = pd.DataFrame(
        [(a.task, a.name) for a in study.arms if a.reference and a.role == "treatment"],
        columns=["task", "arm"],
    )
    on = ["task", "arm", "reference"]
    by_metric = dict(iter(effects.groupby("metric", sort=False)))
    head = by_metric.get(judged_metric().name, effects.iloc[:0])
    rows = shown.merge(head, on=["task", "arm"])
    rows = _with_tuned(rows)
    needed = rows[["seeds_needed", "seeds_to_detect"]].max(axis=1)
    decided = rows["verdict"].isin(DECIDED)
    rows["seeds_needed"] = needed.where(~decided & (rows["family"] != "synthetic"))
    for metric, column in metric_columns():
        changes = by_metric.get(metric.name, effects.iloc[:0])[[*on, "effect"]]
        rows = rows.merge(changes.rename(columns={"effect": column.key}), on=on, how="left")
    steps = step_times.rename(
        columns={"ratio": "step_time_ratio", "low": "step_time_low", "high": "step_time_high"}
    )
    own = [*on, "step_time_ratio", "step_time_low", "step_time_high", "processes", "device"]
    rows = rows.merge(steps[own], on=on, how="left")
    at = convergence[convergence["target"] == TARGET]
    rows = rows.merge(at[[*on, "examples_ratio", "hit_rate"]], on=on, how="left")
    at = seconds[seconds["target"] == TARGET]
    rows = rows.merge(at[[*on, "seconds_ratio", "decomposition"]], on=on, how="left")
    on_front: dict[Any, bool] = {}
    for _, group in rows.groupby(["task", "reference"], sort=False):
        front = pareto_front(
            group["effect"].to_numpy(dtype=float), group["step_time_ratio"].to_numpy(dtype=float)
        )
        known = group["effect"].notna() & group["step_time_ratio"].notna()
        on_front.update(zip(group.index[known], front[known].tolist(), strict=True))
    rows["on_front"] = [on_front.get(place) for place in rows.index]
    rows = rows.sort_values("effect", ascending=False, kind="stable")
    order = {task: place for place, task in enumerate(dict.fromkeys(a.task for a in study.arms))}
    rows = pd.concat([rows, _not_applicable(study)]) if study.not_applicable else rows
    rows = rows.sort_values("task", key=lambda tasks: tasks.map(order), kind="stable")
    return rows.reindex(columns=list(meanings())).reset_index(drop=True)


def _with_tuned(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of tuned arms as columns beside those of the same arms untuned."""
    ends = ["effect", "low", "high"]
    is_tuned = rows["arm"].str.endswith(TUNED)
    tuned = rows[is_tuned].assign(arm=rows["arm"].str.removesuffix(TUNED))
    tuned = tuned[["task", "arm", *ends]].rename(columns={end: f"tuned_{end}" for end in ends})
    joined = rows.merge(tuned, on=["task", "arm"], how="left")
    untuned = set(zip(rows["task"], rows["arm"], strict=True))
    alone = [
        not arm.endswith(TUNED) or (task, arm.removesuffix(TUNED)) not in untuned
        for task, arm in zip(joined["task"], joined["arm"], strict=True)
    ]
    return joined.loc[np.array(alone, dtype=bool)].reset_index(drop=True)


def _not_applicable(study: Study) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"task": n.task, "arm": n.arm, "n": 0, "verdict": "not applicable", "warning": n.reason}
            for n in study.not_applicable
        ]
    )
