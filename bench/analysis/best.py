"""The arms that may be the best: a set that holds the true best with 95%, not the largest estimate."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.correctness import Correctness
from bench.analysis.verdict import ALPHA, first_look
from bench.core.study import Study
from bench.stats.best import beaten
from bench.stats.errors import Sample, common_level, errors

CANDIDATES = columns("task reference arm effect candidate")
RIVALS = 3
"""Number of arms with the largest estimates that all others are compared with. Each comparison that is
left out can only leave an arm among the candidates."""


def candidates(
    study: Study, trials: pd.DataFrame, effects: pd.DataFrame, alpha: float = ALPHA
) -> pd.DataFrame:
    """Make a row per reference and arm that is compared with it; the reference competes too.

    Args:
        study: tells if seeds were added after a look.
        trials: as `bench.analysis.frames.trials_frame` makes it.
        effects: of the same trials.
        alpha: probability that the true best is no candidate.

    Returns:
        `effect` is the reference's difference to itself (0) or the arm's. `candidate`: no other arm is
        shown to be better. None in synthetic data and with fewer than two arms.
    """
    judged = effects[effects["judged"] & (effects["n"] > 1)]
    treated = {(arm.task, arm.name) for arm in study.arms if arm.role == "treatment"}
    answers, rows = Correctness(trials), []
    for task, reference in dict.fromkeys(zip(judged["task"], judged["reference"], strict=True)):
        group = judged[(judged["task"] == task) & (judged["reference"] == reference)]
        group = group[[(task, arm) in treated for arm in group["arm"]]]
        if group.empty or study.synthetic:
            continue
        arms = [reference, *group["arm"]]
        effect = np.array([0.0, *group["effect"]])
        lost = _lost(study, trials, answers, task, arms, effect, alpha)
        rows += [(task, reference, *row) for row in zip(arms, effect, ~lost, strict=True)]
    return pd.DataFrame(rows, columns=CANDIDATES)


def _lost(
    study: Study,
    trials: pd.DataFrame,
    answers: Correctness,
    task: str,
    arms: list[str],
    effect: np.ndarray,
    alpha: float,
) -> np.ndarray:
    """Mark the arms that are shown to be worse than another arm, shape (arms,)."""
    lost, metric = np.zeros(len(arms), dtype=bool), study.metric
    scores = metric.sign * metric.scale * trials[metric.name].to_numpy(dtype=float)
    seeds = [dict(_converged(trials, scores, task, arm)) for arm in arms]
    for rival in np.argsort(-metric.sign * effect, kind="stable")[:RIVALS]:
        samples, compared = [], []
        for place in range(len(arms)):
            shared = sorted(seeds[place].keys() & seeds[rival].keys())
            if place == rival or len(shared) < 2:
                continue
            arm_rows, rival_rows = ([seeds[i][seed] for seed in shared] for i in (place, rival))
            components = answers.parts((1, -1), arm_rows, rival_rows) if metric.answers else None
            samples.append(Sample(scores[arm_rows] - scores[rival_rows], components, metric.scale))
            compared.append(place)
        if not samples:
            continue
        spread = errors(samples, common_level(samples))
        mean = np.array([sample.differences.mean() for sample in samples])
        count = np.array([float(len(sample.differences)) for sample in samples])
        law = spread.law(count, first_look(study))
        lost[compared] |= beaten(mean, spread.error, law, len(arms), alpha)
    return lost


def _converged(
    trials: pd.DataFrame, scores: np.ndarray, task: str, arm: str
) -> Iterator[tuple[int, int]]:
    """Yield the seed and the position of each trial of an arm that has a score."""
    rows = np.flatnonzero(((trials["task"] == task) & (trials["arm"] == arm)).to_numpy())
    seeds = trials["seed"].to_numpy()
    return ((int(seeds[row]), int(row)) for row in rows if np.isfinite(scores[row]))
