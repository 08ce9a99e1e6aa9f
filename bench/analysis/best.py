"""The arms that may be the best: a set that holds the true best with 95%, not the largest estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.correctness import Correctness
from bench.analysis.pairing import Pairing, positions
from bench.analysis.verdict import ALPHA, FIX_BASELINE, UNFINISHED, first_look
from bench.core.study import Study
from bench.stats.best import beaten
from bench.stats.errors import Sample, common_level, errors

CANDIDATES = columns("task reference arm effect candidate")
RIVALS = 3
"""Number of arms with the largest estimates that all others are compared with. Each comparison that is
left out can only leave an arm among the candidates."""


def candidates(
    study: Study,
    trials: pd.DataFrame,
    comparison: Pairing,
    effects: pd.DataFrame,
) -> pd.DataFrame:
    """Make a row per reference and arm that is compared with it; the reference competes too.

    An arm that waits for its verdict does not compete, and a trial that `comparison` rejected does not
    count.

    Args:
        study: tells if seeds were added after a look.
        trials: as `bench.analysis.frames.trials_frame` makes it.
        comparison: the pairs of the same trials.
        effects: of the same trials.

    Returns:
        `effect` is the reference's difference to itself (0) or the arm's. `candidate`: no other arm is
        shown to be better. None in synthetic data and with fewer than two arms.
    """
    waits = effects["verdict"].isin((UNFINISHED, FIX_BASELINE))
    judged = effects[effects["judged"] & (effects["n"] > 1) & ~waits]
    compared = _compared(trials, comparison)
    treated = {(arm.task, arm.name) for arm in study.arms if arm.role == "treatment"}
    answers, rows = Correctness(trials), []
    for task, reference in dict.fromkeys(zip(judged["task"], judged["reference"], strict=True)):
        group = judged[(judged["task"] == task) & (judged["reference"] == reference)]
        group = group[[(task, arm) in treated for arm in group["arm"]]]
        if group.empty or study.synthetic:
            continue
        arms = [reference, *group["arm"]]
        effect = np.array([0.0, *group["effect"]])
        rows_of = [compared[task, reference, arm] for arm in arms]
        lost = _lost(study, trials, answers, rows_of, effect)
        rows += [(task, reference, *row) for row in zip(arms, effect, ~lost, strict=True)]
    return pd.DataFrame(rows, columns=CANDIDATES)


def _lost(
    study: Study,
    trials: pd.DataFrame,
    answers: Correctness,
    rows: list[dict[int, int]],
    effect: np.ndarray,
) -> np.ndarray:
    """Mark the arms that are shown to be worse than another arm, shape (arms,).

    Args:
        rows: of each arm, seed -> position in `trials`.
    """
    lost, metric = np.zeros(len(rows), dtype=bool), study.metric
    scores = metric.sign * metric.scale * trials[metric.name].to_numpy(dtype=float)
    seeds = [{s: row for s, row in of.items() if np.isfinite(scores[row])} for of in rows]
    for rival in np.argsort(-metric.sign * effect, kind="stable")[:RIVALS]:
        samples, compared = [], []
        for place in range(len(rows)):
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
        lost[compared] |= beaten(mean, spread.error, law, len(rows), ALPHA)
    return lost


def _compared(
    trials: pd.DataFrame, comparison: Pairing
) -> dict[tuple[str, str, str], dict[int, int]]:
    """Return (task, reference, arm) -> seed -> position of its trial; the reference is an arm too."""
    seeds = trials["seed"].to_numpy()
    of: dict[tuple[str, str, str], dict[int, int]] = {}
    for (task, arm, reference), both in positions(comparison).items():
        for name, rows in zip((arm, reference), both, strict=True):
            of.setdefault((task, reference, name), {}).update(
                {int(seeds[row]): int(row) for row in rows}
            )
    return of
