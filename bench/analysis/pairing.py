"""Pairs of trials that may be compared: equal in everything but the arm's declared treatment.

A pair of trials (an arm's and its reference's, same seed) is compared only if initial weights of the
slots that both have, batch order, data, recipe, settings and strategies are equal, apart from what the
arm's declared treatment changes. Other differences are named in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.core.recipe import Recipe
from bench.core.study import EQUAL_TIME, Study

CONSEQUENCES: Mapping[str, tuple[str, ...]] = {
    "strategies": (),
    "streams": ("batch order",),
    "steps": ("recipe.steps", "batch order"),
    "early stopping": ("steps", "batch order"),
    EQUAL_TIME: ("steps", "recipe.steps", "recipe.warmup", "batch order"),
    "recipe.steps": ("steps", "batch order"),
    "recipe.batch_size": ("steps", "batch order"),
    "recipe.train_examples": ("data", "batch order"),
    "recipe.validation_examples": ("data", "batch order"),
    "recipe.test_examples": ("data",),
    "recipe.evaluations": ("batch order",),
}
"""Declared treatment -> other differences that it causes. The hash of the batch order is taken between
evaluations. A treatment that is not here, such as `recipe.learning_rate` or `settings.precision`,
changes its own entry and nothing else."""
COMPARED = columns(
    "task arm seed status strategies streams steps data data_hash recipe recipe_hash settings "
    "settings_hash order_hash init_hashes"
)
OF_THE_TASK = ("data", "initial weights")
"""Hashes that a recipe parameter of a single task (widths, vocabulary) may change too."""


@dataclass(frozen=True)
class Contrast:
    """Two arms of a task; the first is compared with the second."""

    task: str
    arm: str
    reference: str
    treatment: tuple[str, ...]


@dataclass(frozen=True)
class Pairing:
    """Pairs that may be compared, and trials that may not.

    Attributes:
        pairs: task, arm, reference, seed, row, reference_row (positions in `trials`).
        rejected: task, arm, reference, seed, difference (words): pairs that are not compared.
    """

    pairs: pd.DataFrame
    rejected: pd.DataFrame


def contrasts(study: Study) -> list[Contrast]:
    """Return each arm of the study that has a reference, with it, in the study's order."""
    return [
        Contrast(arm.task, arm.name, arm.reference, arm.treatment)
        for arm in study.arms
        if arm.reference is not None
    ]


def allowed(treatment: Iterable[str]) -> frozenset[str]:
    """Return the differences that a declared treatment allows: its own and their consequences."""
    names = [name.replace("_", " ") if "." not in name else name for name in treatment]
    return frozenset(names).union(*(_consequences(name) for name in names))


def _consequences(name: str) -> tuple[str, ...]:
    owner, _, parameter = name.partition(".")
    if owner == "recipe" and parameter not in Recipe.model_fields:
        return OF_THE_TASK
    return CONSEQUENCES.get(name, ())


def differences(
    arm: Mapping[str, Any], reference: Mapping[str, Any], may_differ: frozenset[str]
) -> list[str]:
    """Name the differences of two trials (rows of `trials`) beyond the allowed ones.

    Batch order and number of steps of a diverged trial are not compared, because it was stopped.
    """
    reasons = []
    stopped = "diverged" in (arm["status"], reference["status"])
    order_may_differ = stopped or "batch order" in may_differ
    for name in ("strategies", "streams", "steps"):
        mine, theirs = arm[name], reference[name]
        if mine != theirs and name not in may_differ and not (name == "steps" and stopped):
            reasons.append(f"{name}: {mine or 'none'}, reference {theirs or 'none'}")
    if arm["data"] != reference["data"]:
        reasons.append(f"data: {arm['data']}, reference {reference['data']}")
    elif arm["data_hash"] != reference["data_hash"] and "data" not in may_differ:
        reasons.append("other data under the same name (hashes of the arrays differ)")
    for part in ("recipe", "settings"):
        if arm[f"{part}_hash"] != reference[f"{part}_hash"]:
            reasons += _entries(part, arm[part], reference[part], may_differ)
    if arm["order_hash"] != reference["order_hash"] and not order_may_differ:
        reasons.append("batch order (hashes differ)")
    if "initial weights" not in may_differ:
        mine, theirs = arm["init_hashes"], reference["init_hashes"]
        unequal = sorted(slot for slot in mine.keys() & theirs.keys() if mine[slot] != theirs[slot])
        if unequal:
            more = f" and {len(unequal) - 3} more" if len(unequal) > 3 else ""
            reasons.append(f"initial weights of {', '.join(unequal[:3])}{more} (hashes differ)")
    return reasons


def _entries(
    part: str, mine: Mapping[str, Any], theirs: Mapping[str, Any], may_differ: frozenset[str]
) -> list[str]:
    return [
        f"{part}.{key}: {mine.get(key, 'absent')}, reference {theirs.get(key, 'absent')}"
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key) != theirs.get(key) and f"{part}.{key}" not in may_differ
    ]


def pair(trials: pd.DataFrame, contrasts: Iterable[Contrast]) -> Pairing:
    """Return the pairs of trials that each contrast is judged by, seed by seed.

    A seed that only one side has (or that failed on one side) makes no pair.
    """
    lists = [trials[name].tolist() for name in COMPARED]
    rows = [dict(zip(COMPARED, values, strict=True)) for values in zip(*lists, strict=True)]
    seeds: dict[tuple[str, str], dict[int, int]] = {}
    for number, row in enumerate(rows):
        if row["status"] != "failed":
            seeds.setdefault((row["task"], row["arm"]), {})[row["seed"]] = number
    pairs: list[tuple[Any, ...]] = []
    rejected: list[tuple[Any, ...]] = []
    for contrast in contrasts:
        key = (contrast.task, contrast.arm, contrast.reference)
        may_differ = allowed(contrast.treatment)
        arm_rows = seeds.get((contrast.task, contrast.arm), {})
        reference_rows = seeds.get((contrast.task, contrast.reference), {})
        for seed in sorted(arm_rows.keys() & reference_rows.keys()):
            reasons = differences(rows[arm_rows[seed]], rows[reference_rows[seed]], may_differ)
            if reasons:
                rejected.append((*key, seed, "; ".join(reasons)))
            else:
                pairs.append((*key, seed, arm_rows[seed], reference_rows[seed]))
    head = ["task", "arm", "reference", "seed"]
    return Pairing(
        pd.DataFrame(pairs, columns=[*head, "row", "reference_row"]),
        pd.DataFrame(rejected, columns=[*head, "difference"]),
    )


def positions(comparison: Pairing) -> dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]]:
    """Return (task, arm, reference) -> positions in `trials` of the arm's and the reference's pairs."""
    return {
        (str(task), str(arm), str(reference)): (
            rows["row"].to_numpy(dtype=int),
            rows["reference_row"].to_numpy(dtype=int),
        )
        for (task, arm, reference), rows in comparison.pairs.groupby(
            ["task", "arm", "reference"], sort=False
        )
    }


def fairness(study: Study, trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """Make a row per arm with a reference: equal properties, and reasons why pairs were not compared.

    Columns: task, arm, reference, treatment (declared, in words), compared (seeds), shared_slots
    (slots whose initial weights both have; NaN without a pair), not_compared (seeds), statement.
    """
    init = trials["init_hashes"].to_numpy()
    pairs = comparison.pairs.groupby(["task", "arm", "reference"], sort=False)
    rejected = comparison.rejected.groupby(["task", "arm", "reference"], sort=False)
    lines = []
    for contrast in contrasts(study):
        key = (contrast.task, contrast.arm, contrast.reference)
        mine = pairs.get_group(key) if key in pairs.groups else comparison.pairs.iloc[:0]
        out = rejected.get_group(key) if key in rejected.groups else comparison.rejected.iloc[:0]
        shared = [
            len(init[row].keys() & init[other].keys())
            for row, other in zip(mine["row"], mine["reference_row"], strict=True)
        ]
        lines.append(
            {
                "task": contrast.task,
                "arm": contrast.arm,
                "reference": contrast.reference,
                "treatment": ", ".join(contrast.treatment),
                "compared": len(mine),
                "shared_slots": min(shared) if shared else np.nan,
                "not_compared": len(out),
                "statement": _statement(contrast, len(mine), list(out["difference"])),
            }
        )
    names = columns("task arm reference treatment compared shared_slots not_compared statement")
    return pd.DataFrame(lines, columns=names)


def _statement(contrast: Contrast, compared: int, reasons: list[str]) -> str:
    beyond = allowed(contrast.treatment)
    equal = [
        aspect
        for aspect in ("initial weights", "batch order", "data", "settings")
        if aspect not in beyond
    ]
    sentences = []
    if compared:
        sentences.append(f"{compared} seeds compared: {', '.join(equal)} and the rest equal")
    for reason in dict.fromkeys(reasons):
        sentences.append(f"{reasons.count(reason)} seeds not compared: {reason}")
    return "; ".join(sentences) or "no seed that both arms have"
