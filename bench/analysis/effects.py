"""The effect of each arm: its change of each metric against its reference, paired by trial.

A trial is a training subset and a seed. Where the test answers of trials are recorded, the interval of
test accuracy covers other trials and other test examples. Elsewhere it covers other trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bench.analysis import verdict
from bench.analysis.columns import columns
from bench.analysis.correctness import Correctness
from bench.analysis.frames import seeds_had
from bench.analysis.inference import add_intervals, standard_errors
from bench.analysis.pairing import Contrast, Pairing, positions
from bench.analysis.planning import add_planning
from bench.core.metrics import effect_metrics
from bench.core.study import Study
from bench.stats.errors import Sample
from bench.stats.paired import batched, paired

COLUMNS: dict[str, str] = {
    "task": "task",
    "arm": "the arm",
    "reference": "the arm that it is compared with",
    "metric": "name in `bench.core.metrics.METRICS`",
    "unit": "unit of effect, low, high and of all standard deviations and errors",
    "n": "trials compared: both sides trained, and converged",
    "effect": "mean difference to the reference; whether less is better depends on the metric",
    "low": "lower end of the interval: simultaneous over the family if confirmatory, else 95% for "
    "this comparison alone",
    "high": "upper end",
    "p": "two-sided p of no difference, for this comparison alone, from `error`",
    "p_adjusted": "confirmatory: the smallest alpha at which the simultaneous interval leaves out 0; "
    "exploratory: Benjamini-Hochberg over the rows of this metric",
    "verdict": "the word that the interval supports, or the word in its place",
    "family": "confirmatory, exploratory, smoke or synthetic",
    "judged": "true for the metric that the study judges",
    "shrunk": "effect drawn toward the mean of the arms with the same reference",
    "error": "standard error that the interval is made of",
    "df": "degrees of freedom of `error`",
    "trial_error": "its part from trials (training subset and seed)",
    "example_error": "its part from test examples; empty where answers are not recorded",
    "residual_error": "the part of `trial_error` from sampling each trial's answers",
    "examples": "test examples; empty where answers are not recorded",
    "sd": "sample standard deviation of the differences",
    "moderated_sd": "the same, moderated over the arms of the task, at least the sampling of answers",
    "sign_flip_p": "two-sided p of the sign-flip test over trials",
    "d_z": "Hedges' corrected mean difference over `sd`",
    "welch_p": "two-sided p of Welch's test, as if trials were not paired",
    "seed_correlation": "correlation of the arm's and the reference's trials",
    "margin": "margin of practical relevance",
    "mde": "true effect that n trials tell from 0 with 80% power",
    "seeds_low": "fewest trials with which the interval is narrower than the margin, so that a verdict "
    "other than open is certain whatever the effect: for a low sd (80% range)",
    "seeds_high": "the same for a high sd; inf where the test examples are too few",
    "price": "width of the interval over that of a number of trials fixed beforehand, where trials "
    "were added after a look; else empty",
    "warning": "remarks on the row",
}
"""Column -> its meaning."""


class Row(NamedTuple):
    """A comparison of one metric before its statistics."""

    head: Mapping[str, Any]
    arm: np.ndarray
    """(trials,) values of the arm, in the unit of the effects."""
    reference: np.ndarray
    sample: Sample


def values(trials: pd.DataFrame) -> pd.DataFrame:
    """Make a column per metric, in the unit of the effects, in the order of `trials`."""
    return pd.DataFrame({m.name: trials[m.name] * m.scale for m in effect_metrics()})


def effects(
    study: Study,
    trials: pd.DataFrame,
    comparison: Pairing,
    contrasts: Sequence[Contrast],
) -> pd.DataFrame:
    """Make a row per contrast and metric; a contrast without a pair has one row.

    Args:
        study: the confirmatory family, its margins and the requested seeds.
        trials: as `bench.analysis.frames.trials_frame` makes it.
        comparison: the pairs of the same trials and contrasts.
        contrasts: in the order of the rows.

    Returns:
        The columns of `COLUMNS`.
    """
    compared = list(_rows(study, trials, comparison, contrasts))
    rows = pd.DataFrame([row.head for row in compared], columns=[*_HEAD, *_MARKS])
    rows["family"] = [
        verdict.family(study, *key)
        for key in zip(rows["task"], rows["arm"], rows["metric"], rows["n"], strict=True)
    ]
    rows["judged"] = rows["metric"] == study.judged
    rows["margin"] = rows["task"].map(study.margin_on).where(rows["judged"]).astype(float)
    raw = batched(paired, [(row.arm, row.reference) for row in compared])
    rows = rows.join(raw.drop(columns=["low", "high", "p"]))
    errors = standard_errors(rows, [row.sample for row in compared])
    rows = add_planning(add_intervals(rows, errors, study), errors, study)
    rows["verdict"] = [verdict.word(row, study.metric.sign) for _, row in rows.iterrows()]
    _warn_of_equal_differences(rows)
    return rows[list(COLUMNS)]


_HEAD = columns("task arm reference metric unit n")
_MARKS = columns("role unfinished reference_diverged warning")


def _rows(
    study: Study, trials: pd.DataFrame, comparison: Pairing, contrasts: Sequence[Contrast]
) -> Iterator[Row]:
    """Yield the paired values of each contrast and metric, with the head of its row."""
    had, table = seeds_had(trials), values(trials)
    pairs, answers = positions(comparison), Correctness(trials)
    diverged = (trials["status"] == "diverged").to_numpy()
    unstable = set(zip(trials["task"][diverged], trials["arm"][diverged], strict=True))
    rejected = {
        key: list(rows["difference"])
        for key, rows in comparison.rejected.groupby(["task", "arm", "reference"], sort=False)
    }
    for contrast in contrasts:
        key = (contrast.task, contrast.arm, contrast.reference)
        arm_rows, reference_rows = pairs.get(key, (_NONE, _NONE))
        marks = {
            "role": study.arm(contrast.task, contrast.arm).role,
            "unfinished": not verdict.judged_at(study, contrast.task, contrast.arm, had),
            # at any seed: one that the arm lacks says as much of the baseline
            "reference_diverged": (contrast.task, contrast.reference) in unstable,
        }
        notes = _missing(study.seeds, len(arm_rows), rejected.get(key, []))
        notes += _diverged(diverged[arm_rows], diverged[reference_rows])
        for metric in effect_metrics() if len(arm_rows) else (study.metric,):
            column = table[metric.name].to_numpy(dtype=float)
            a, r = column[arm_rows], column[reference_rows]
            measured = np.isfinite(a) & np.isfinite(r)
            if metric.optional and metric.name != study.judged and not measured.any():
                continue
            left_out = int((~measured & ~diverged[arm_rows] & ~diverged[reference_rows]).sum())
            warnings = notes + [f"{left_out} seeds without this figure left out"] * bool(left_out)
            head = dict(
                zip(_HEAD, (*key, metric.name, metric.unit, int(measured.sum())), strict=True)
            )
            components = None
            if metric.answers and measured.any():
                components = answers.parts((1, -1), arm_rows[measured], reference_rows[measured])
            sample = Sample(a[measured] - r[measured], components, metric.scale)
            yield Row(
                {**head, **marks, "warning": "; ".join(warnings)}, a[measured], r[measured], sample
            )


_NONE = np.array([], dtype=int)


def _missing(requested: int, compared: int, rejected: list[str]) -> list[str]:
    notes = [
        f"{rejected.count(reason)} of {requested} seeds not compared: {reason}"
        for reason in dict.fromkeys(rejected)
    ]
    missing = requested - compared - len(rejected)
    if missing > 0:
        notes.append(f"{missing} of {requested} seeds missing on one side or both")
    return notes


def _diverged(arm: np.ndarray, reference: np.ndarray) -> list[str]:
    """Count the pairs in which a side diverged, in words; the effect leaves them out."""
    if not (arm | reference).any():
        return []
    sides = [
        f"{int(side.sum())} of {len(side)} of the {name}"
        for side, name in ((arm, "arm"), (reference, "reference"))
        if side.any()
    ]
    return [f"diverged: {' and '.join(sides)}; the effect is that of pairs in which both converged"]


def _warn_of_equal_differences(rows: pd.DataFrame) -> None:
    same = (rows["sd"] == 0) & (rows["n"] > 1)
    moved = rows["effect"].abs() > 1e-12
    _warn(rows, same & moved, "all differences are equal")
    _warn(rows, same & ~moved & rows["judged"], "no seed differs from its reference")


def _warn(rows: pd.DataFrame, where: pd.Series, words: str) -> None:
    notes = rows.loc[where, "warning"]
    rows.loc[where, "warning"] = ["; ".join(filter(None, [text, words])) for text in notes]
