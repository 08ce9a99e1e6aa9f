"""The effect of each arm: its change of each metric against its reference, paired by seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis import verdict
from bench.analysis.columns import columns
from bench.analysis.frames import seeds_had
from bench.analysis.pairing import Contrast, Pairing
from bench.core.metric import effect_metrics, judged_metric
from bench.core.study import Study
from bench.stats import power
from bench.stats.paired import batched, equivalence, equivalence_half, paired

COLUMNS = columns(
    "task arm reference metric unit n effect low high p p_adjusted verdict family sd sign_flip_p "
    "d_z tost_p equivalence_low equivalence_high welch_p seed_correlation margin mde seeds_needed "
    "seeds_to_detect warning"
)


def values(trials: pd.DataFrame) -> pd.DataFrame:
    """Make a column per metric, in the unit of the effects, in the order of `trials`."""
    return pd.DataFrame({m.name: trials[m.name] * m.scale for m in effect_metrics()})


def effects(
    study: Study,
    trials: pd.DataFrame,
    comparison: Pairing,
    wanted: Sequence[Contrast],
    alpha: float = verdict.ALPHA,
) -> pd.DataFrame:
    """A row per contrast and metric (see `COLUMNS`; a contrast without a pair has one row).

    Args:
        study: says the confirmatory family, its margins, and how many seeds were asked for.
        trials: as `bench.analysis.frames.trials_frame` makes it.
        comparison: of the same trials and contrasts.
        wanted: the contrasts, in the order of the rows.
        alpha: of every decision; a look of the sequential rule passes its share.

    Returns:
        effect, low, high and sd in `unit`; `equivalence_low`, `equivalence_high`: the interval (90%
        at alpha 0.05) that lies inside the margin exactly where TOST finds equivalence; `mde`: the
        true effect that n seeds find with 80% power at the level of the row's interval;
        `seeds_needed`: seeds to show equivalence within the margin, `seeds_to_detect`: seeds to find
        a difference as large as the margin (80% power, upper bound of sd); `warning`: what the
        reader must know, "" if nothing.
    """
    had = seeds_had(trials)
    judged = {
        (one.task, one.arm): verdict.judged_at(study, one.task, one.arm, had) for one in wanted
    }
    if study.sequential:  # seeds beyond the last look are not looked at
        last = [
            judged.get(key) or study.seeds
            for key in zip(comparison.pairs["task"], comparison.pairs["arm"], strict=True)
        ]
        comparison = replace(comparison, pairs=comparison.pairs[comparison.pairs["seed"] < last])
    known = values(trials)
    samples = list(_samples(study, trials, known, comparison, wanted))
    rows = pd.DataFrame([row for row, _, _ in samples], columns=[*_HEAD, "warning"])
    rows["family"] = [
        verdict.family(study, *key)
        for key in zip(rows["task"], rows["arm"], rows["metric"], rows["n"], strict=True)
    ]
    rows["unfinished"] = [not judged[key] for key in zip(rows["task"], rows["arm"], strict=True)]
    level = verdict.interval_alpha(study, rows["family"], alpha)
    rows = rows.join(batched(paired, [(arm, reference) for _, arm, reference in samples], level))
    rows["margin"] = [
        study.margin.get(task, verdict.MARGIN) if metric == judged_metric().name else np.nan
        for task, metric in zip(rows["task"], rows["metric"], strict=True)
    ]
    rows["tost_p"] = equivalence(
        *(rows[name].to_numpy(dtype=float) for name in ("effect", "sd", "n", "margin"))
    )
    half = equivalence_half(rows["sd"].to_numpy(dtype=float), rows["n"].to_numpy(dtype=int), alpha)
    half = np.where(rows["margin"].notna(), half, np.nan)
    rows["equivalence_low"], rows["equivalence_high"] = rows["effect"] - half, rows["effect"] + half
    rows["p_adjusted"] = verdict.adjusted(rows, study)
    rows["verdict"] = [verdict.word(row, alpha) for _, row in rows.iterrows()]
    _add_power(rows, level, alpha / verdict.family_size(study), alpha)
    same = (rows["sd"] == 0) & (rows["n"] > 1)
    moved = rows["effect"].abs() > 1e-12
    _warn(rows, same & moved, "all differences are equal; p is the sign-flip test's")
    is_judged = rows["metric"] == judged_metric().name
    _warn(rows, same & ~moved & is_judged, "no seed differs from its reference")
    return rows[COLUMNS]


def _warn(rows: pd.DataFrame, where: pd.Series, words: str) -> None:
    told = rows.loc[where, "warning"]
    rows.loc[where, "warning"] = ["; ".join(filter(None, [text, words])) for text in told]


_HEAD = ["task", "arm", "reference", "metric", "unit", "n"]
Sample = tuple[dict[str, Any], np.ndarray, np.ndarray]


def _samples(
    study: Study,
    trials: pd.DataFrame,
    known: pd.DataFrame,
    comparison: Pairing,
    wanted: Sequence[Contrast],
) -> Iterator[Sample]:
    """Per contrast and metric: head of the row, and the paired values of arm and reference."""
    status = trials["status"].to_numpy()
    table = known.to_numpy(dtype=float)
    pairs = positions(comparison)
    reasons = {
        key: list(rows["difference"])
        for key, rows in comparison.rejected.groupby(["task", "arm", "reference"], sort=False)
    }
    for contrast in wanted:
        key = (contrast.task, contrast.arm, contrast.reference)
        mine, theirs = pairs.get(key, (_NONE, _NONE))
        diverged = (status[mine] == "diverged") | (status[theirs] == "diverged")
        rejected = reasons.get(key, [])
        common = _missing(study.seeds, len(mine), rejected)
        for column, metric in enumerate(effect_metrics()):
            a, b = table[mine, column], table[theirs, column]
            finite = np.isfinite(a) & np.isfinite(b)
            head = dict(
                zip(_HEAD, (*key, metric.name, metric.unit, int(finite.sum())), strict=True)
            )
            notes = [*common, *_unusual(diverged, finite)]
            yield {**head, "warning": "; ".join(notes)}, a[finite], b[finite]
            if not len(mine):
                break


_NONE = np.array([], dtype=int)


def positions(comparison: Pairing) -> dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]]:
    """(task, arm, reference) -> positions in `trials` of the arm's and the reference's pairs."""
    return {
        (str(task), str(arm), str(reference)): (
            rows["row"].to_numpy(dtype=int),
            rows["reference_row"].to_numpy(dtype=int),
        )
        for (task, arm, reference), rows in comparison.pairs.groupby(
            ["task", "arm", "reference"], sort=False
        )
    }


def _missing(asked: int, compared: int, rejected: list[str]) -> list[str]:
    notes = [
        f"{rejected.count(reason)} of {asked} seeds not compared: {reason}"
        for reason in dict.fromkeys(rejected)
    ]
    missing = asked - compared - len(rejected)
    if missing > 0:
        notes.append(f"{missing} of {asked} seeds missing on one side or both")
    return notes


def _unusual(diverged: np.ndarray, finite: np.ndarray) -> list[str]:
    notes = []
    if counted := int((diverged & finite).sum()):
        notes.append(f"{counted} diverged seed{'s' * (counted > 1)} counted at chance accuracy")
    if left := int((~finite).sum()):
        notes.append(f"{left} seed{'s' * (left > 1)} without this figure (diverged) left out")
    return notes


def _add_power(rows: pd.DataFrame, level: np.ndarray, detect: float, alpha: float) -> None:
    sd, n = rows["sd"].to_numpy(dtype=float), rows["n"].to_numpy(dtype=int)
    upper = [power.sd_upper(s, k) for s, k in zip(sd, n, strict=True)]
    margin = rows["margin"].to_numpy(dtype=float)
    rows["mde"] = [
        power.detectable(s, int(k), float(a)) for s, k, a in zip(sd, n, level, strict=True)
    ]
    rows["seeds_needed"] = [
        power.seeds_for_equivalence(s, m, alpha) for s, m in zip(upper, margin, strict=True)
    ]
    rows["seeds_to_detect"] = [
        power.seeds_for_difference(s, m, detect) for s, m in zip(upper, margin, strict=True)
    ]
