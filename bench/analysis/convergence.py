"""Convergence: examples and steps to a target, and the area under the validation curve.

Targets are chance + 80, 90 and 95% of (the baseline's median final validation accuracy - chance). They
mix speed with final accuracy: an arm that ends lower takes longer to a target of the baseline's. So the
same shares of each arm's own gain are targets too, the `own_` columns: speed alone.

A target is reached at the first of two consecutive evaluations at or above it. A trial that never
got there within the baseline's budget (the horizon), or diverged, is right-censored at the horizon:
all censoring is there, so the restricted mean is the mean of min(time, horizon).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.frames import roots
from bench.analysis.pairing import Contrast, Pairing
from bench.core.curve import area
from bench.core.study import Study
from bench.stats.paired import batched, interval, t_interval

SHARES = (0.8, 0.9, 0.95)
ROUNDING = 1e-12
"""Width of the interval of a ratio that counts as rounding noise."""
HITS = columns("task arm seed target accuracy reached examples steps horizon")
CONVERGENCE = columns(
    "task arm reference target accuracy n hits hit_rate examples steps horizon examples_ratio low "
    "high steps_ratio own_accuracy own_hit_rate own_examples own_ratio own_low own_high"
)
_OWN = {
    "accuracy": "own_accuracy",
    "hit_rate": "own_hit_rate",
    "examples": "own_examples",
    "examples_ratio": "own_ratio",
    "low": "own_low",
    "high": "own_high",
}
"""Column for the baseline's targets -> column for the arm's own targets."""
Targets = dict[tuple[str, str], list[tuple[float, float]]]
"""(task, arm) -> (share, accuracy) of its targets."""
AREAS = columns("task arm reference n area effect low high p")


def own_targets(study: Study, trials: pd.DataFrame) -> Targets:
    """Return the targets from each arm's own gain; none where its median is not above chance."""
    goals: Targets = {}
    groups = trials[trials["status"] != "failed"].groupby(["task", "arm"])
    chance = 1 / groups["classes"].first()
    gains = (groups["validation_accuracy"].median() - chance).to_dict()
    for key in ((arm.task, arm.name) for arm in study.arms):
        if gains.get(key, 0.0) > 0:
            goals[key] = [(share, chance[key] + share * gains[key]) for share in SHARES]
    return goals


def targets(study: Study, trials: pd.DataFrame) -> Targets:
    """Return each arm's targets from the gain of its baseline."""
    accuracies = own_targets(study, trials)
    return {
        (task, arm): accuracies[task, root]
        for (task, arm), root in roots(study).items()
        if (task, root) in accuracies
    }


def first_reached(accuracy: np.ndarray, target: float) -> int | None:
    """Return the index of the first of two consecutive evaluations at the target, or None."""
    above = accuracy >= target
    starts = np.flatnonzero(above[:-1] & above[1:])
    return int(starts[0]) if starts.size else None


def horizons(
    study: Study, trials: pd.DataFrame, curves: pd.DataFrame
) -> dict[tuple[str, str], float]:
    """Return (task, baseline) -> examples of a whole training run: the median over its seeds.

    A diverged trial was stopped, and does not count.
    """
    key = ["task", "arm", "seed"]
    whole = pd.MultiIndex.from_frame(trials.loc[trials["status"] == "ok", key])
    trained = curves[pd.MultiIndex.from_frame(curves[key]).isin(whole)]
    last = trained.groupby(key)["examples"].max()
    median = last.groupby(["task", "arm"]).median().to_dict()
    keys = [(arm.task, arm.name) for arm in study.arms if arm.reference is None]
    return {key: float(median[key]) for key in keys if key in median}


def hits(
    study: Study, trials: pd.DataFrame, curves: pd.DataFrame, goals: Targets | None = None
) -> pd.DataFrame:
    """Make a row per trial and target: reached, and examples and steps to it (`HITS`).

    For a target that is not reached within the horizon, examples are the horizon and steps those of its
    examples.

    Args:
        goals: targets of each arm; None takes those of its baseline.
    """
    goals = targets(study, trials) if goals is None else goals
    ends, base = horizons(study, trials, curves), roots(study)
    rows: list[tuple[Any, ...]] = []
    for row, curve in _curves(trials, curves):
        baseline = (row.task, base[row.task, row.arm])
        if baseline not in ends:
            continue
        end = ends[baseline]
        examples, steps = curve["examples"], curve["step"]
        per_example = steps[-1] / examples[-1] if examples[-1] else np.nan
        for target, accuracy in goals.get((row.task, row.arm), []):
            index = None
            if row.status == "ok":
                index = first_reached(curve["validation_accuracy"], accuracy)
            reached = index is not None and examples[index] <= end
            rows.append(
                (
                    *(row.task, row.arm, row.seed, target, accuracy, reached),
                    float(examples[index]) if reached else end,
                    float(steps[index]) if reached else end * per_example,
                    end,
                )
            )
    return pd.DataFrame(rows, columns=HITS)


def _curves(
    trials: pd.DataFrame, curves: pd.DataFrame
) -> Iterator[tuple[Any, dict[str, np.ndarray]]]:
    """Yield each trial with a curve, and the curve's columns as arrays in order of examples."""
    where: Any = curves.groupby(["task", "arm", "seed"], sort=False).indices
    columns = {name: curves[name].to_numpy() for name in curves.columns[3:]}
    trained = trials.loc[trials["status"] != "failed", ["task", "arm", "seed", "status", "classes"]]
    for row in trained.itertuples(index=False):
        index = where.get((row.task, row.arm, row.seed))
        if index is not None:
            order = index[np.argsort(columns["examples"][index], kind="stable")]
            yield row, {name: values[order] for name, values in columns.items()}


def convergence(
    study: Study,
    comparison: Pairing,
    contrasts: Sequence[Contrast],
    hits: pd.DataFrame,
    own_hits: pd.DataFrame,
) -> pd.DataFrame:
    """Make a row per arm and target, baselines too (`CONVERGENCE`).

    `examples` and `steps` are restricted means over the seeds, `examples_ratio` and `steps_ratio`
    their ratios to the reference's over the same seeds; `low` and `high` are the 95% interval of
    `examples_ratio` (delta method on the pairs, t; NaN for one pair). The `own_` columns are the same
    figures for the arm's own targets, against the reference's for its own.

    Args:
        hits: `hits` for the baselines' targets.
        own_hits: `hits` for each arm's own targets.
    """
    rows = _convergence(study, comparison, contrasts, hits)
    to_own = _convergence(study, comparison, contrasts, own_hits).rename(columns=_OWN)
    keys = ["task", "arm", "reference", "target"]
    to_own = to_own[[*keys, *_OWN.values()]].assign(reference=to_own["reference"].fillna(""))
    joined = rows.assign(reference=rows["reference"].fillna("")).merge(to_own, on=keys, how="left")
    joined["reference"] = rows["reference"].to_numpy()
    return joined[CONVERGENCE]


def _convergence(
    study: Study, comparison: Pairing, contrasts: Sequence[Contrast], hits: pd.DataFrame
) -> pd.DataFrame:
    """Make the rows of one kind of target."""
    columns_of = {name: hits[name].to_numpy() for name in HITS[4:]}
    places: dict[tuple[str, str, float], dict[int, int]] = {}
    for place, (task, arm, seed, target) in enumerate(
        hits[HITS[:4]].itertuples(index=False, name=None)
    ):
        places.setdefault((task, arm, target), {})[seed] = place
    rows = []
    for task, arm, reference, seeds in compared(study, comparison, contrasts, hits):
        for target in SHARES:
            mine = places.get((task, arm, target), {})
            theirs = places.get((task, reference, target), {})
            shared = [seed for seed in seeds if seed in mine and seed in theirs]
            if not shared:
                continue
            a, r = ([side[seed] for seed in shared] for side in (mine, theirs))
            row = _row({name: values[a] for name, values in columns_of.items()})
            examples = columns_of["examples"]
            ratio, low, high = ratio_of_means(examples[a], examples[r])
            steps, _, _ = ratio_of_means(columns_of["steps"][a], columns_of["steps"][r])
            is_baseline = arm == reference
            head = (task, arm, None if is_baseline else reference, target)
            ratios = (ratio, *((np.nan, np.nan) if is_baseline else (low, high)), steps)
            rows.append((*head, *row, *ratios))
    return pd.DataFrame(rows, columns=CONVERGENCE[: -len(_OWN)])


def _row(hits: dict[str, np.ndarray]) -> tuple[float, ...]:
    """Return accuracy, n, hits, hit_rate, examples, steps and horizon of one arm and target."""
    reached = hits["reached"].astype(bool)
    return (
        hits["accuracy"][0],
        len(reached),
        int(reached.sum()),
        reached.mean(),
        hits["examples"].mean(),
        hits["steps"].mean(),
        hits["horizon"][0],
    )


def compared(
    study: Study, comparison: Pairing, contrasts: Sequence[Contrast], trials: pd.DataFrame
) -> Iterator[tuple[str, str, str, list[int]]]:
    """Yield (task, arm, reference, seeds): every baseline with itself, then every contrast's pairs."""
    seeds = trials.groupby(["task", "arm"], sort=False)["seed"].unique()
    for arm in study.arms:
        if arm.reference is None and (arm.task, arm.name) in seeds.index:
            yield arm.task, arm.name, arm.name, sorted(seeds[arm.task, arm.name])
    paired_seeds = {
        key: list(rows["seed"])
        for key, rows in comparison.pairs.groupby(["task", "arm", "reference"], sort=False)
    }
    for contrast in contrasts:
        key = (contrast.task, contrast.arm, contrast.reference)
        if key in paired_seeds:
            yield (*key, paired_seeds[key])


def ratio_of_means(arm: np.ndarray, reference: np.ndarray) -> tuple[float, float, float]:
    """Return mean(arm) / mean(reference) of pairs, shape (seeds,), and its 95% delta interval.

    There is no interval where all pairs say the same: times are read at evaluations, and are cut off at
    the horizon.
    """
    mean = reference.mean()
    if not mean > 0:
        return np.nan, np.nan, np.nan
    ratio = arm.mean() / mean
    _, low, high = t_interval((arm - ratio * reference) / mean)
    if high - low > ROUNDING:
        return ratio, ratio + low, ratio + high
    return ratio, np.nan, np.nan


def areas(
    study: Study,
    trials: pd.DataFrame,
    curves: pd.DataFrame,
    comparison: Pairing,
    contrasts: Sequence[Contrast],
) -> pd.DataFrame:
    """Make a row per arm, baselines too (`AREAS`): normalized area, and its paired difference.

    `area` is a mean of fractions; effect, low and high are percentage points, with p of the paired
    t test: exploratory. A diverged trial's curve is at chance throughout.
    """
    ends, base = horizons(study, trials, curves), roots(study)
    heights: dict[tuple[str, str], dict[int, float]] = {}
    for row, curve in _curves(trials, curves):
        end = ends.get((row.task, base[row.task, row.arm]))
        if not end:
            continue
        chance = 1 / row.classes
        height = area(curve["examples"], curve["validation_accuracy"], end, chance)
        heights.setdefault((row.task, row.arm), {})[row.seed] = (
            height if row.status == "ok" else chance
        )
    heads, samples = [], []
    for task, arm, reference, seeds in compared(study, comparison, contrasts, trials):
        mine, theirs = heights.get((task, arm), {}), heights.get((task, reference), {})
        shared = [seed for seed in seeds if seed in mine and seed in theirs]
        if shared:
            a, r = (np.array([side[seed] for seed in shared]) for side in (mine, theirs))
            is_baseline = arm == reference
            heads.append((task, arm, None if is_baseline else reference, len(shared), a.mean()))
            samples.append((a[:0], r[:0]) if is_baseline else (100 * a, 100 * r))
    return pd.DataFrame(heads, columns=AREAS[:5]).join(batched(interval, samples))[AREAS]
