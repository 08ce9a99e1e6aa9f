"""Stacks taken apart: interactions of pairs, and what each member of a stack contributes.

All of it is exploratory: test accuracy in percentage points, paired t with 95% intervals,
Benjamini-Hochberg over the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.pairing import Contrast, pair
from bench.analysis.verdict import WORDS
from bench.core.canonical import canonical_hash
from bench.core.metric import judged_metric
from bench.core.study import SMOKE_SEEDS, Arm, Study
from bench.stats.multiple import benjamini_hochberg
from bench.stats.paired import batched, paired

INTERACTIONS = columns("task a b both n effect low high p sign_flip_p p_adjusted verdict")
LEAVE_ONE_OUT = columns(
    "task stack member without n effect low high p sign_flip_p p_adjusted verdict"
)
LEAVE_ONE_OUT_SIZE = 3
"""Members a stack has at the least, so that pairs are not taken apart twice (interactions do)."""
Members = frozenset[str]


def interactions(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """A row per pair of strategies trained alone and together: (AB - A - B + baseline) per seed.

    Above 0 the two together do better than the sum of their effects. Only seeds at which all three
    arms are comparable with the baseline count. `a`, `b` and `both` are names of arms.
    """
    squares = list(_squares(study))
    pairs = _rows(
        trials, (Contrast(*key, ("strategies",)) for square in squares for key in _edges(*square))
    )
    heads, samples = [], []
    for task, a, b, both, baseline in squares:
        three = [pairs.get(key, {}) for key in _edges(task, a, b, both, baseline)]
        seeds = sorted(set(three[0]).intersection(*three[1:]))
        rows = np.array([[*(d[s][0] for d in three), three[0][s][1]] for s in seeds], dtype=int)
        heads.append({"task": task, "a": a, "b": b, "both": both, "n": len(seeds)})
        samples.append(_judged(trials, rows.reshape(-1, 4)) @ np.array([-1.0, -1.0, 1.0, 1.0]))
    return _table(study, heads, samples, INTERACTIONS)


def leave_one_out(study: Study, trials: pd.DataFrame) -> pd.DataFrame:
    """A row per stack and member that was also left out: full - without, paired by seed.

    `stack` and `without` are names of arms, `member` the strategy that was left out.
    """
    found = list(_left_out(study))
    pairs = _rows(trials, (Contrast(t, full, out, ("strategies",)) for t, full, _, out in found))
    heads, samples = [], []
    for task, full, member, without in found:
        rows = np.array(list(pairs.get((task, full, without), {}).values()), dtype=int)
        heads.append(
            {"task": task, "stack": full, "member": member, "without": without, "n": len(rows)}
        )
        samples.append(_judged(trials, rows.reshape(-1, 2)) @ np.array([1.0, -1.0]))
    return _table(study, heads, samples, LEAVE_ONE_OUT)


def _members(study: Study) -> Iterator[tuple[str, dict[Members, Arm]]]:
    """Of each task and recipe: what is switched on beyond the study's base -> the arm."""
    base = {_use(use.name, dict(use.parameters)) for use in study.base}
    groups: dict[tuple[str, str], dict[Members, Arm]] = {}
    for arm in study.arms:
        if arm.role != "control":
            extra = frozenset(_use(u.name, dict(u.parameters)) for u in arm.strategies) - base
            known = groups.setdefault((arm.task, canonical_hash(arm.recipe)), {})
            known.setdefault(extra, arm)
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


def _edges(task: str, a: str, b: str, both: str, baseline: str) -> list[tuple[str, str, str]]:
    return [(task, arm, baseline) for arm in (a, b, both)]


def _left_out(study: Study) -> Iterator[tuple[str, str, str, str]]:
    for task, arms in _members(study):
        for extra, full in arms.items():
            if len(extra) < LEAVE_ONE_OUT_SIZE and study.design != "leave-one-out":
                continue
            for member in sorted(extra) if len(extra) > 1 else ():
                if (without := arms.get(extra - {member})) is not None:
                    yield task, full.name, member, without.name


def _rows(
    trials: pd.DataFrame, wanted: Iterable[Contrast]
) -> dict[tuple[str, str, str], dict[int, tuple[int, int]]]:
    """(task, arm, reference) -> seed -> positions of the pair in `trials`."""
    pairs = pair(trials, dict.fromkeys(wanted)).pairs
    found: dict[tuple[str, str, str], dict[int, tuple[int, int]]] = {}
    for task, arm, reference, seed, row, other in pairs.itertuples(index=False):
        found.setdefault((task, arm, reference), {})[seed] = (row, other)
    return found


def _judged(trials: pd.DataFrame, rows: np.ndarray) -> np.ndarray:
    metric = judged_metric()
    return metric.scale * trials[metric.name].to_numpy(dtype=float)[rows]


def _table(
    study: Study, heads: list[dict[str, object]], samples: list[np.ndarray], names: list[str]
) -> pd.DataFrame:
    """Heads with the one-sample statistics of each sample (differences per seed), and words."""
    table = pd.DataFrame(heads, columns=names[: names.index("effect")])
    table = table.join(batched(paired, [(d, np.zeros(len(d))) for d in samples]))
    judged = (table["n"] >= SMOKE_SEEDS).to_numpy(dtype=bool) & (not study.synthetic)
    p = table["p"].to_numpy(dtype=float)
    table["p_adjusted"] = benjamini_hochberg(np.where(judged, p, np.nan))
    unjudged = WORDS["synthetic" if study.synthetic else "smoke"]
    table["verdict"] = np.where(judged, WORDS["exploratory"], unjudged)
    return table[names]
