"""The Pareto front of the judged metric and step time: the probability that an arm is on it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bench.analysis.pairing import Pairing, positions
from bench.core.study import Study

DRAWS = 2000
NAMED_ABOVE = 0.8
"""Probability above which an arm is named as one on the front."""


def on_front(effect: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Mark the arms that no other beats: better and no slower, or faster and no worse.

    Args:
        effect: (..., arms) gain; the reference's 0 competes too, at ratio 1.
        ratio: (..., arms) step time over the reference's.

    Returns:
        (..., arms) booleans; False where a figure is NaN.
    """
    timed = np.isfinite(effect) & np.isfinite(ratio)
    reference = np.ones((*effect.shape[:-1], 1))
    effects = np.append(np.where(timed, effect, -np.inf), 0 * reference, axis=-1)
    ratios = np.append(np.where(timed, ratio, np.inf), reference, axis=-1)
    order = np.lexsort((-effects, ratios), axis=-1)
    effects, ratios = (np.take_along_axis(values, order, axis=-1) for values in (effects, ratios))
    # Fastest first: an arm is beaten if one before it is better, or as good and faster.
    most = np.maximum.accumulate(effects, axis=-1)
    before = np.concatenate([-np.inf * reference, most[..., :-1]], axis=-1)
    reached = np.where(effects > before, np.arange(effects.shape[-1]), 0)
    first = np.take_along_axis(ratios, np.maximum.accumulate(reached, axis=-1), axis=-1)
    beaten = (before > effects) | ((before == effects) & (first < ratios))
    back = np.empty_like(beaten)
    np.put_along_axis(back, order, ~beaten, axis=-1)
    return back[..., :-1] & timed


def front_probabilities(
    study: Study,
    trials: pd.DataFrame,
    comparison: Pairing,
    step_times: pd.DataFrame,
    effects: pd.DataFrame,
) -> dict[tuple[str, str, str], float]:
    """Return (task, arm, reference) -> the share of redrawn studies in which the arm is on the front.

    A redrawn study has other trials, other processes (drawn with replacement), and a normal error for
    other test examples. Deviations from the mean are widened to the variance of a mean, as a bootstrap
    of few values is too narrow. An arm with a single trial, or timed by a single process, is left out,
    since its error is not known.

    Args:
        step_times: a row per arm and process, of one place a task.
        effects: of the judged metric and others.
    """
    rows = effects[effects["judged"] & (effects["n"] > 0)]
    example = {
        (t, a, r): e
        for t, a, r, e in zip(
            rows["task"], rows["arm"], rows["reference"], rows["example_error"], strict=True
        )
    }
    ratios: dict[tuple[str, str, str], np.ndarray] = {
        (str(t), str(a), str(r)): group.to_numpy(dtype=float)
        for (t, a, r), group in step_times.groupby(["task", "arm", "reference"])["ratio"]
    }
    differences, groups = _gains(study, trials, comparison), dict[tuple[str, str], list[str]]()
    treated = {(arm.task, arm.name) for arm in study.arms if arm.role == "treatment"}
    for task, arm, reference in differences:
        several = len(ratios.get((task, arm, reference), ())) > 1
        several &= len(differences[task, arm, reference]) > 1
        if several and (task, arm) in treated:
            groups.setdefault((task, reference), []).append(arm)
    probabilities: dict[tuple[str, str, str], float] = {}
    for (task, reference), arms in groups.items():
        random = np.random.default_rng(0)
        keys = [(task, arm, reference) for arm in arms]
        effect = _redrawn_effects(random, [differences[key] for key in keys])
        noise = np.nan_to_num([example.get(key, 0.0) for key in keys])
        effect += noise * random.standard_normal(effect.shape)
        ratio = np.exp(
            np.stack([_redrawn_means(random, np.log(ratios[key])) for key in keys], axis=1)
        )
        probabilities |= dict(zip(keys, on_front(effect, ratio).mean(axis=0).tolist(), strict=True))
    return probabilities


def _gains(
    study: Study, trials: pd.DataFrame, comparison: Pairing
) -> dict[tuple[str, str, str], dict[int, float]]:
    """Return (task, arm, reference) -> seed -> gain of the pairs in which both converged."""
    metric, differences = study.metric, dict[tuple[str, str, str], dict[int, float]]()
    scores = metric.sign * metric.scale * trials[metric.name].to_numpy(dtype=float)
    seeds = trials["seed"].to_numpy()
    for key, (arm_rows, reference_rows) in positions(comparison).items():
        pairs = {
            int(seeds[m]): float(scores[m] - scores[t])
            for m, t in zip(arm_rows, reference_rows, strict=True)
            if np.isfinite(scores[m] - scores[t])
        }
        if pairs:
            differences[key] = pairs
    return differences


def _redrawn_effects(random: np.random.Generator, arms: list[Mapping[int, float]]) -> np.ndarray:
    """Return mean differences over redrawn trials, (`DRAWS`, arms), from seed -> gain of each arm.

    The Bayesian bootstrap (Rubin 1981): a redrawn study gives each seed a random weight, the same for
    all arms that have it.
    """
    seeds = sorted(set().union(*arms))
    gains = np.array([[arm.get(seed, np.nan) for seed in seeds] for arm in arms])
    known = np.isfinite(gains)
    n, mean = known.sum(axis=1), np.nanmean(gains, axis=1)
    deviations = np.where(known, gains - mean[:, None], 0.0)
    weights = random.standard_exponential((DRAWS, len(seeds)))
    moved = weights @ deviations.T / (weights @ known.T)
    return np.asarray(mean + np.sqrt((n + 1) / (n - 1)) * moved)


def _redrawn_means(random: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Return means of redrawn values, (`DRAWS`,)."""
    n = len(values)
    counts = random.multinomial(n, np.full(n, 1 / n), DRAWS) / n
    return np.asarray(values.mean() + np.sqrt(n / (n - 1)) * (counts @ values - values.mean()))
