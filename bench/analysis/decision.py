"""The decision table: a row per strategy and task with all figures that a choice depends on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.analysis.front import NAMED_ABOVE
from bench.analysis.verdict import DECIDED
from bench.core.metric import Metric
from bench.core.metrics import columns as metric_columns
from bench.core.study import TUNED, Study

TARGET = 0.9
"""The target that the table shows: chance + 90% of the baseline's gain over chance."""
_BEFORE_METRICS: dict[str, str] = {
    "task": "task",
    "arm": "the arm: its strategies",
    "reference": "the arm that it is compared with",
    "n": "trials compared, both sides converged",
    "effect": "change of the judged metric, in its unit (mean over trials)",
    "low": "lower end of its interval (confirmatory: simultaneous over the family; else 95%)",
    "high": "upper end",
    "shrunk": "effect drawn toward the mean of all arms",
    "margin": "of practical relevance",
    "p_adjusted": "confirmatory: the alpha at which the interval leaves out 0; else "
    "Benjamini-Hochberg over the metric",
    "verdict": "better by more than the margin; better, size unclear; within the margin; worse, size "
    "unclear; worse by more than the margin; open; or the word in place of a verdict",
    "family": "confirmatory, exploratory, smoke or synthetic",
    "candidate": "may be the best: no other arm of its reference is shown to be better (95%)",
    "tuned_effect": "the effect where the arm and the baseline have the settings of `bench tune`",
    "tuned_low": "lower end of its interval",
    "tuned_high": "upper end",
    "default_effect": "the effect at the shared default settings, where tuned against tuned is judged",
    "default_low": "lower end of its interval",
    "default_high": "upper end",
    "step_time_ratio": "time of a training step over the reference's",
    "step_time_low": "lower end of its 95% interval over fresh processes",
    "step_time_high": "upper end",
    "processes": "fresh processes that measured step times",
    "device": "what the step times were measured on",
    "examples_ratio": "examples to 90% of the baseline's gain over chance, over the reference's",
    "hit_rate": "share of seeds that reached that target",
    "own_ratio": "examples to 90% of the arm's own gain, over the reference's to 90% of its own",
    "seconds_ratio": "time to the baseline's target over the reference's: steps x step time",
    "decomposition": "the same in words: a slower step, fewer steps",
}
_AFTER_METRICS: dict[str, str] = {
    "ece_floor": "expected calibration error that so many test examples show by chance, of the arm",
    "front_probability": "probability that no other arm is as good and as fast a step",
    "on_front": f"that probability is at least {NAMED_ABOVE:g}",
    "diverged": "trials of the arm that diverged",
    "seeds_low": "fewest seeds that would decide, whatever the effect is, for a low sd (80% range)",
    "seeds_high": "the same for a high sd; inf: the test examples are too few",
    "warning": "what to know before using this row",
}
_ON = ["task", "arm", "reference"]
_ENDS = ["effect", "low", "high"]


def meanings(judged: Metric) -> dict[str, str]:
    """Return each column of the decision table with its meaning, in order."""
    changes = {column.key: column.meaning for _, column in metric_columns(judged)}
    return _BEFORE_METRICS | changes | _AFTER_METRICS


def decision_table(
    study: Study,
    effects: pd.DataFrame,
    step_times: pd.DataFrame,
    convergence: pd.DataFrame,
    seconds: pd.DataFrame,
    candidates: pd.DataFrame,
    front: Mapping[tuple[str, str, str], float],
    trials: pd.DataFrame,
) -> pd.DataFrame:
    """Make a row per task and arm that is no baseline and no control, best effect first in each task.

    Where tuned against tuned is declared, the tuned arm has the row, and the effect at the default
    settings stands beside it. Without such a declaration it is the other way around. Arms that are not
    applicable follow, with the reason in `warning`.

    Args:
        study: its arms, the declared family, and the judged metric.
        effects: all metrics, as `bench.analysis.effects.effects` makes it.
        step_times: `bench.analysis.step_times.headline`: one place a task.
        convergence, seconds: of all targets; `seconds` of that place.
        candidates: as `bench.analysis.best.candidates` makes it.
        front: as `bench.analysis.front.front_probabilities` makes it.
        trials: as `bench.analysis.frames.trials_frame` makes it.

    Returns:
        The columns of `meanings`. `on_front` is None where the probability is unknown. `seeds_low` and
        `seeds_high` are NaN where a verdict was reached.
    """
    treatments = pd.DataFrame(
        [(a.task, a.name) for a in study.arms if a.reference and a.role == "treatment"],
        columns=["task", "arm"],
    )
    by_metric = dict(iter(effects.groupby("metric", sort=False)))
    rows = treatments.merge(effects[effects["judged"]], on=["task", "arm"])
    rows = _folded(rows, study)
    decided = rows["verdict"].isin(DECIDED) | (rows["family"] == "synthetic")
    for name in ("seeds_low", "seeds_high"):
        rows[name] = rows[name].where(~decided)
    for metric, column in metric_columns(study.metric):
        changes = by_metric.get(metric.name, effects.iloc[:0])[[*_ON, "effect"]]
        rows = rows.merge(changes.rename(columns={"effect": column.key}), on=_ON, how="left")
    rows = _with_step_times(rows, step_times, study)
    at = convergence[convergence["target"] == TARGET]
    rows = rows.merge(at[[*_ON, "examples_ratio", "hit_rate", "own_ratio"]], on=_ON, how="left")
    at = seconds[seconds["target"] == TARGET]
    rows = rows.merge(at[[*_ON, "seconds_ratio", "decomposition"]], on=_ON, how="left")
    rows = rows.merge(candidates[[*_ON, "candidate"]], on=_ON, how="left")
    keys = list(zip(rows["task"], rows["arm"], rows["reference"], strict=True))
    rows["front_probability"] = [front.get(key, np.nan) for key in keys]
    rows["on_front"] = [bool(front[key] >= NAMED_ABOVE) if key in front else None for key in keys]
    rows = rows.merge(_per_arm(trials), on=["task", "arm"], how="left")
    rows = rows.sort_values("effect", ascending=study.metric.sign < 0, kind="stable")
    order = {task: place for place, task in enumerate(dict.fromkeys(a.task for a in study.arms))}
    rows = pd.concat([rows, _not_applicable(study)]) if study.not_applicable else rows
    rows = rows.sort_values("task", key=lambda tasks: tasks.map(order), kind="stable")
    return rows.reindex(columns=list(meanings(study.metric))).reset_index(drop=True)


def _folded(rows: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Fold an arm's tuned and untuned rows into one: the declared one stays, else the untuned."""
    plain = rows["arm"].str.removesuffix(TUNED)
    is_tuned = plain != rows["arm"]
    declared = pd.Series(
        [key in study.family for key in zip(rows["task"], rows["arm"], strict=True)],
        index=rows.index,
        dtype=bool,
    )
    judged_tuned = set(
        zip(rows["task"][is_tuned & declared], plain[is_tuned & declared], strict=True)
    )
    keys = list(zip(rows["task"], plain, strict=True))
    untuned = {key for key, tuned in zip(keys, is_tuned, strict=True) if not tuned}
    leads = np.array(
        [
            tuned if key in judged_tuned else not tuned or key not in untuned
            for key, tuned in zip(keys, is_tuned, strict=True)
        ],
        dtype=bool,
    )
    main, secondary = (
        rows[leads].assign(plain=plain[leads]),
        rows[~leads].assign(plain=plain[~leads]),
    )
    for name, of_kind in (("tuned", is_tuned), ("default", ~is_tuned)):
        beside = secondary[of_kind[~leads]][["task", "plain", *_ENDS]]
        beside = beside.rename(columns={end: f"{name}_{end}" for end in _ENDS})
        main = main.merge(beside, on=["task", "plain"], how="left")
    return main


def _with_step_times(rows: pd.DataFrame, step_times: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Add the step times; a tuned arm may have those of the arm at its default."""
    timed = set(zip(step_times["task"], step_times["arm"], strict=True))
    times = step_times.rename(
        columns={"ratio": "step_time_ratio", "low": "step_time_low", "high": "step_time_high"}
    )
    times["timed"] = times["arm"]
    times = times.drop_duplicates(["task", "timed"])
    arms = zip(rows["task"], rows["arm"], strict=True)
    sources = [arm if (t, arm) in timed else study.timed_as(study.arm(t, arm)) for t, arm in arms]
    rows["timed"] = pd.Series(sources, index=rows.index, dtype=times["timed"].dtype)
    figures = ["step_time_ratio", "step_time_low", "step_time_high", "processes", "device"]
    return rows.merge(times[["task", "timed", *figures]], on=["task", "timed"], how="left")


def _per_arm(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the floor of the calibration error and the diverged trials of each arm."""
    marked = trials.assign(lost=trials["status"] == "diverged")
    groups = marked.groupby(["task", "arm"], as_index=False)
    return groups.agg(ece_floor=("ece_floor", "mean"), diverged=("lost", "sum"))


def _not_applicable(study: Study) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"task": n.task, "arm": n.arm, "n": 0, "verdict": "not applicable", "warning": n.reason}
            for n in study.not_applicable
        ]
    )
