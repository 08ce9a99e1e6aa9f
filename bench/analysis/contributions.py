"""Stacks taken apart: interactions of pairs, and the contribution of each member of a stack.

All of it is exploratory: the judged metric in its unit, 95% intervals for one row alone that cover what
those of `bench.analysis.effects` cover, Benjamini-Hochberg over the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.correctness import Correctness
from bench.analysis.inference import intervals_alone, standard_errors
from bench.analysis.pairing import Contrast, pair
from bench.analysis.verdict import ALPHA, first_look, without_verdict
from bench.core.canonical import canonical_hash
from bench.core.study import Arm, Study
from bench.stats.errors import Sample
from bench.stats.paired import batched, paired

INTERACTIONS = columns("task a b both n effect low high p sign_flip_p p_adjusted verdict")
LEAVE_ONE_OUT = columns(
    "task stack member without n effect low high p sign_flip_p p_adjusted verdict"
)
LEAVE_ONE_OUT_SIZE = 3
"""Fewest members of a stack here: `interactions` takes pairs apart."""
Members = frozenset[str]


def interactions(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """Make a row per pair of strategies trained alone and together: (AB - A - B + baseline) per seed.

    A gain means that the two together do better than the sum of their effects. Only seeds at which all
    three arms are comparable with the baseline count. `a`, `b` and `both` are names of arms.
    """
    squares = list(_squares(study))
    pairs = _rows(study, trials, (key for square in squares for key in _edges(*square)))
    answers, samples = Correctness(trials), list[Sample]()
    heads: list[dict[str, object]] = []
    for task, a, b, both, baseline in squares:
        three = [pairs.get(key, {}) for key in _edges(task, a, b, both, baseline)]
        seeds = sorted(set(three[0]).intersection(*three[1:]))
        rows = np.array([[*(d[s][0] for d in three), three[0][s][1]] for s in seeds], dtype=int)
        heads.append({"task": task, "a": a, "b": b, "both": both})
        samples.append(_sample(study, trials, answers, rows.reshape(-1, 4), (-1, -1, 1, 1)))
    return _table(study, heads, samples, INTERACTIONS)


def leave_one_out(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """Make a row per stack and member that was also left out: full - without, paired by seed.

    `stack` and `without` are names of arms, `member` the strategy that was left out.
    """
    left_out = list(_left_out(study))
    pairs = _rows(study, trials, ((task, full, without) for task, full, _, without in left_out))
    answers, samples = Correctness(trials), list[Sample]()
    heads: list[dict[str, object]] = []
    for task, full, member, without in left_out:
        rows = np.array(list(pairs.get((task, full, without), {}).values()), dtype=int)
        heads.append({"task": task, "stack": full, "member": member, "without": without})
        samples.append(_sample(study, trials, answers, rows.reshape(-1, 2), (1, -1)))
    return _table(study, heads, samples, LEAVE_ONE_OUT)


def _members(study: Study) -> Iterator[tuple[str, dict[Members, Arm]]]:
    """Yield each task with a mapping: strategies beyond the study's base -> the arm that has them."""
    base = {_use(use.name, dict(use.parameters)) for use in study.base}
    groups: dict[tuple[str, str], dict[Members, Arm]] = {}
    for arm in study.arms:
        if arm.role != "control":
            extra = frozenset(_use(u.name, dict(u.parameters)) for u in arm.strategies) - base
            group = groups.setdefault((arm.task, canonical_hash(arm.recipe)), {})
            group.setdefault(extra, arm)
    for (task, _), arms in groups.items():
        yield task, arms


def _use(name: str, parameters: dict[str, bool | int | float | str]) -> str:
    return name + "".join(f" {key}={value}" for key, value in sorted(parameters.items()))


def _squares(study: Study) -> Iterator[tuple[str, str, str, str, str]]:
    for task, arms in _members(study):
        none = arms.get(frozenset())
        for extra, both in arms.items():
            if none is None or len(extra) != 2:
                continue
            a, b = (arms.get(frozenset([member])) for member in sorted(extra))
            if a is not None and b is not None:
                yield task, a.name, b.name, both.name, none.name


def _edges(task: str, a: str, b: str, stack: str, baseline: str) -> list[tuple[str, str, str]]:
    return [(task, arm, baseline) for arm in (a, b, stack)]


def _left_out(study: Study) -> Iterator[tuple[str, str, str, str]]:
    for task, arms in _members(study):
        for extra, full in arms.items():
            if len(extra) < LEAVE_ONE_OUT_SIZE and study.design != "leave-one-out":
                continue
            for member in sorted(extra) if len(extra) > 1 else ():
                if (without := arms.get(extra - {member})) is not None:
                    yield task, full.name, member, without.name


def _rows(
    study: Study, trials: pd.DataFrame, edges: Iterable[tuple[str, str, str]]
) -> dict[tuple[str, str, str], dict[int, tuple[int, int]]]:
    """Return (task, arm, reference) -> seed -> positions of the pair in `trials`.

    Two arms may differ in what either may differ in from its own reference.
    """
    contrasts = []
    for task, arm, reference in dict.fromkeys(edges):
        treatment = study.arm(task, arm).treatment + study.arm(task, reference).treatment
        contrasts.append(Contrast(task, arm, reference, ("strategies", *treatment)))
    pairs = pair(trials, contrasts).pairs
    positions: dict[tuple[str, str, str], dict[int, tuple[int, int]]] = {}
    for task, arm, reference, seed, row, reference_row in pairs.itertuples(index=False):
        positions.setdefault((task, arm, reference), {})[seed] = (row, reference_row)
    return positions


def _sample(
    study: Study,
    trials: pd.DataFrame,
    answers: Correctness,
    rows: np.ndarray,
    weights: tuple[int, ...],
) -> Sample:
    """Return the weighted sum of arms for each trial in which all of them converged.

    Args:
        rows: (trials, arms) positions in `trials`.
        weights: one for each arm.
    """
    metric = study.metric
    values = metric.scale * trials[metric.name].to_numpy(dtype=float)[rows]
    converged = np.isfinite(values).all(axis=1)
    rows, values = rows[converged], values[converged]
    components = answers.parts(weights, *rows.T) if len(rows) and metric.answers else None
    return Sample(values @ np.array(weights, dtype=float), components, metric.scale)


def _table(
    study: Study, heads: list[dict[str, object]], samples: list[Sample], names: list[str]
) -> pd.DataFrame:
    """Make a row per head and sample, with intervals for that row alone."""
    table = pd.DataFrame(heads, columns=names[: names.index("n")])
    d = [sample.differences for sample in samples]
    table["n"] = [len(differences) for differences in d]
    raw = batched(paired, [(differences, np.zeros(len(differences))) for differences in d])
    table["effect"], table["sign_flip_p"] = raw["effect"], raw["sign_flip_p"]
    errors = standard_errors(table.assign(metric=study.judged), samples)
    law = errors.law(table["n"].to_numpy(dtype=float), first_look(study))
    effect = table["effect"].to_numpy(dtype=float)
    table["low"], table["high"], table["p"] = intervals_alone(effect, errors, law, ALPHA / 2)
    table["p"] = table["p"].where(errors.error > 0, table["sign_flip_p"])
    return without_verdict(study, table)[names]
