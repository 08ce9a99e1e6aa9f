"""Effects over regimes: studies of the same arms on the same data that differ in their recipes alone.

The regime is the number of training examples and the length of training. Each study is one regime, and
the map shows in which of them a technique helps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.baselines import baselines
from bench.analysis.columns import columns
from bench.analysis.effects import effects
from bench.analysis.pairing import contrasts, pair
from bench.analysis.verdict import ALPHA
from bench.core.errors import UsageError
from bench.core.study import BASELINE, Study
from bench.stats.multiple import benjamini_hochberg
from bench.stats.shrinkage import shrunk

COLUMNS = columns(
    "task regime study arm reference n effect low high shrunk p p_adjusted survives gap data synthetic"
)


def differing(studies: Sequence[Study], task: str) -> list[str]:
    """Return the parameters of the task's baseline recipe that are not the same in all studies."""
    recipes = [recipe_of(study, task) for study in studies if task in study.data]
    return [name for name in recipes[0] if any(r.get(name) != recipes[0][name] for r in recipes)]


def recipe_of(study: Study, task: str) -> dict[str, Any]:
    """Return the recipe of the task's baseline."""
    return study.arm(task, BASELINE).recipe


def check(studies: Sequence[Study]) -> None:
    """Refuse studies that differ in more than their recipes, or in nothing.

    Raises:
        UsageError: a study differs from the first one in something else.
    """
    if len(studies) < 2:
        raise UsageError("a map takes two studies at the least, each one regime")
    first = studies[0]
    for other in studies[1:]:
        for aspect, first_value, other_value in (
            ("the base", first.base, other.base),
            ("the settings", first.settings, other.settings),
            ("the judged metric", first.judged, other.judged),
            *(
                (f"the data of {task}", name, other.data[task])
                for task, name in first.data.items()
                if task in other.data
            ),
        ):
            if first_value != other_value:
                raise UsageError(
                    f"studies {first.name!r} and {other.name!r} differ in {aspect}, which a map of "
                    "regimes does not compare; keep them in separate folders"
                )


def regimes(studies: Sequence[Study], trials: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make a row per task, regime and treatment arm: the effect on the judged metric (`COLUMNS`).

    95% intervals for one cell alone, in the metric's unit. `p_adjusted` is Benjamini-Hochberg over the
    whole map, and `survives` tells if it is below 5% and no trial of the reference diverged: only such
    a cell says something. `shrunk` is the effect drawn toward the mean of the task's cells. All of it is
    exploratory. `gap` is the baseline's, `regime` its recipe's differing values joined by " / ". Regimes
    are in the order of these values.

    Args:
        studies: as `check` accepts them.
        trials: study name -> its frame of trials (`bench.analysis.frames.trials_frame`).

    Raises:
        UsageError: two studies are the same regime.
    """
    rows = []
    for task in dict.fromkeys(task for study in studies for task in study.data):
        names = differing(studies, task)
        of_task = [study for study in studies if task in study.data]
        of_task.sort(key=lambda study: [_sortable(recipe_of(study, task)[name]) for name in names])
        for study, following in pairwise(of_task):
            if names and recipe_of(study, task) == recipe_of(following, task):
                raise UsageError(
                    f"{study.name!r} and {following.name!r} are the same regime of {task}"
                )
        for study in of_task:
            rows += _rows(study, task, regime(study, task, names), trials[study.name])
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "error", "reference_diverged"])
    frame["p_adjusted"] = benjamini_hochberg(frame["p"].to_numpy(dtype=float))
    frame["survives"] = (frame["p_adjusted"] < ALPHA) & ~frame["reference_diverged"]
    for _, cells in frame.groupby("task", sort=False):
        effect, error = (cells[name].to_numpy(dtype=float) for name in ("effect", "error"))
        frame.loc[cells.index, "shrunk"] = shrunk(effect, error)
    return frame[COLUMNS]


def regime(study: Study, task: str, names: Sequence[str]) -> str:
    """Write a regime: `4,000 / 300`; the study's name where recipes do not differ."""
    values = [recipe_of(study, task)[name] for name in names]
    texts = [f"{v:,}" if isinstance(v, int) else f"{v:g}" if _real(v) else str(v) for v in values]
    return " / ".join(texts) or study.name


def _rows(study: Study, task: str, name: str, trials: pd.DataFrame) -> list[tuple[Any, ...]]:
    study = study.model_copy(update={"family": ()})  # a map is exploratory, whatever was declared
    compared = [contrast for contrast in contrasts(study) if contrast.task == task]
    measured = effects(study, trials, pair(trials, compared), compared)
    judged = measured[measured["judged"]]
    treated = {a.name for a in study.arms if a.task == task and a.role == "treatment"}
    diverged = set(trials.loc[(trials["task"] == task) & (trials["status"] == "diverged"), "arm"])
    base = baselines(study, trials)
    gap = base[(base["task"] == task) & (base["arm"] == BASELINE)]["gap"]
    shown = gap.iloc[0] if len(gap) else np.nan
    return [
        (task, name, study.name, e.arm, e.reference, e.n, e.effect, e.low, e.high, np.nan, e.p,
         np.nan, False, shown, study.data[task], study.synthetic, e.error, e.reference in diverged)
        for e in judged.itertuples()
        if e.arm in treated
    ]  # fmt: skip


def _real(value: Any) -> bool:
    return isinstance(value, float)


def _sortable(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0, float(value), ""
    return 1, 0.0, str(value)
