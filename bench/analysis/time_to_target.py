"""Seconds to a target, decomposed, and performance profiles over strategies.

Seconds are steps to the target times the measured step time, so that trials that were packed onto
one machine cannot distort them. Profiles: Dolan and More 2002, arXiv cs/0102001.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.core.study import Study

SECONDS = columns(
    "task arm reference device machine target n hit_rate steps step_ms seconds steps_ratio "
    "step_time_ratio seconds_ratio decomposition"
)
PROFILE = ["task", "measure", "arm", "ratio", "share", "problems"]


def seconds(convergence: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Make a row per arm, target and place where step times were measured (`SECONDS`).

    Args:
        convergence: as `bench.analysis.convergence.convergence` makes it.
        steps: as `bench.analysis.step_times.summary` makes it.

    Returns:
        step_ms is the reference's step time (median over all arms measured there) times the arm's
        ratio, so that seconds_ratio = steps_ratio x step_time_ratio holds exactly.
    """
    place = ["task", "device", "machine", "settings_hash"]
    base = steps.groupby([*place, "reference"], sort=False, dropna=False)["baseline_ms"].median()
    references = (
        base.reset_index().rename(columns={"reference": "arm"}).assign(ratio=1.0, reference=None)
    )
    arms = steps[[*place, "arm", "reference", "ratio"]].merge(
        base.reset_index(), on=[*place, "reference"]
    )
    timed = pd.concat([references, arms]) if len(references) else arms
    timed = timed.rename(columns={"ratio": "step_time_ratio"})
    rows = convergence.assign(key=convergence["reference"].fillna("")).merge(
        timed.assign(key=timed["reference"].fillna("")).drop(columns="reference"),
        on=["task", "arm", "key"],
    )
    rows["step_ms"] = rows["baseline_ms"] * rows["step_time_ratio"]
    rows["seconds"] = rows["steps"] * rows["step_ms"] / 1000
    rows["seconds_ratio"] = rows["steps_ratio"] * rows["step_time_ratio"]
    rows["decomposition"] = [
        "" if key == "" else decomposition(step, count, hit_rate)
        for key, step, count, hit_rate in zip(
            rows["key"], rows["step_time_ratio"], rows["steps_ratio"], rows["hit_rate"], strict=True
        )
    ]
    return rows.reindex(columns=SECONDS)


def decomposition(step_time_ratio: float, steps_ratio: float, hit_rate: float) -> str:
    """Write "6% slower a step, 11% fewer steps"; "" where a ratio is NaN.

    A seed that never reached the target counts with the steps of the whole training: a lower bound.
    """
    if not (np.isfinite(step_time_ratio) and np.isfinite(steps_ratio)):
        return ""
    step = _percent(step_time_ratio, "slower a step", "faster a step", "as fast a step")
    steps = _percent(steps_ratio, "more steps", "fewer steps", "as many steps")
    if hit_rate == 1:
        return f"{step}, {steps}"
    least = "at least " if steps_ratio > 1 else ""
    return f"{step}, {least}{steps} ({hit_rate:.0%} of seeds got there)"


def _percent(ratio: float, more: str, less: str, same: str) -> str:
    percent = round(100 * (ratio - 1))
    return same if percent == 0 else f"{abs(percent)}% {more if percent > 0 else less}"


def profiles(study: Study, hits: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Make performance profiles per task: share of problems solved within a ratio of the best cost.

    A problem is a seed and a target; its cost is examples, or seconds where the step times of all
    arms are known; an arm that never got there has infinite cost. Arms: baselines, and those
    compared directly with one; problems: the seeds that all of them have.

    Args:
        hits: as `bench.analysis.convergence.hits` makes it.
        steps: `bench.analysis.step_times.headline`: one place a task.
    """
    direct = {(a.task, a.name) for a in study.arms if a.reference is None}
    direct |= {
        (a.task, a.name)
        for a in study.arms
        if a.role == "treatment" and (a.task, a.reference) in direct
    }
    ratio = {(t, a): r for t, a, r in zip(steps["task"], steps["arm"], steps["ratio"], strict=True)}
    ratio |= {(a.task, a.name): 1.0 for a in study.arms if a.reference is None}
    parts = []
    for task, rows in hits.groupby("task", sort=False):
        rows = rows[[(task, arm) in direct for arm in rows["arm"]]]
        for measure, column in (("examples", "examples"), ("seconds", "steps")):
            cost = rows[column].where(rows["reached"], np.inf)
            if measure == "seconds":
                cost = cost * np.array([ratio.get((task, arm), np.nan) for arm in rows["arm"]])
                if cost.isna().any():
                    continue
            table = rows.assign(cost=cost).pivot(
                index=["seed", "target"], columns="arm", values="cost"
            )
            table = table[list(dict.fromkeys(rows["arm"]))].dropna()
            parts.append(_profile(table).assign(task=task, measure=measure))
    return pd.concat(parts)[PROFILE] if parts else pd.DataFrame(columns=PROFILE)


def _profile(cost: pd.DataFrame) -> pd.DataFrame:
    """Turn costs (problems, arms), infinite where not solved, into rows arm, ratio, share, problems.

    Rows are the steps of each arm's step function, from ratio 1 on.
    """
    values = np.maximum(cost.to_numpy(dtype=float), 1e-12)
    best = values.min(axis=1, keepdims=True, initial=np.inf)
    ratios = np.where(np.isfinite(values), values / np.where(np.isfinite(best), best, 1.0), np.inf)
    parts = []
    for column, arm in enumerate(cost.columns):
        of_arm = np.sort(ratios[:, column])
        at = np.unique(np.append(1.0, of_arm[np.isfinite(of_arm)]))
        share = np.searchsorted(of_arm, at, side="right") / max(1, len(of_arm))
        parts.append(
            pd.DataFrame({"arm": arm, "ratio": at, "share": share, "problems": len(of_arm)})
        )
    return pd.concat(parts)
