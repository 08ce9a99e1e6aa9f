"""Effects per class of the test split, and the parts of the judged effect's error."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.pairing import Pairing, positions
from bench.analysis.verdict import without_verdict
from bench.core.study import Study
from bench.stats.paired import batched, interval

PER_CLASS = columns(
    "task arm reference class_index class_name n effect low high p p_adjusted verdict"
)
TEST_SAMPLING = columns(
    "task arm reference n examples effect low high seed_sd example_sd residual_sd df subset"
)


def per_class(study: Study, trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """Make a row per arm and class: change of that class's accuracy, percentage points.

    Paired t with 95% intervals over trials, Benjamini-Hochberg over the table: exploratory. Diverged
    trials are left out.
    """
    correct, total = trials["class_correct"].to_numpy(), trials["class_total"].to_numpy()
    heads, samples = [], []
    for key, (arm_rows, reference_rows) in positions(comparison).items():
        both = [
            (m, t)
            for m, t in zip(arm_rows, reference_rows, strict=True)
            if correct[m] and correct[t]
        ]
        if not both:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            a, r = (
                100 * np.array([correct[i] for i in side]) / np.array([total[i] for i in side])
                for side in zip(*both, strict=True)
            )
        for index in range(a.shape[1]):
            heads.append((*key, index, len(both)))
            samples.append((a[:, index], r[:, index]))
    head = columns("task arm reference class_index n")
    table = pd.DataFrame(heads, columns=head).join(batched(interval, samples))
    names = {name: task.class_names for name, task in study.own_tasks.items()}
    table["class_name"] = [
        names[task][index] if names.get(task) else ""
        for task, index in zip(table["task"], table["class_index"], strict=True)
    ]
    return without_verdict(study, table)[PER_CLASS]


def error_parts(effects: pd.DataFrame, shared: set[str]) -> pd.DataFrame:
    """Make a row per arm whose test answers are recorded: the parts of its effect's standard error.

    Args:
        effects: as `bench.analysis.effects.effects` makes it.
        shared: tasks whose trials share one training subset.

    Returns:
        The columns of `TEST_SAMPLING`, in the unit of the effect. The interval is that of `effects`.
        `seed_sd` is the standard error from trials, `example_sd` that from test examples, `residual_sd`
        the part of `seed_sd` that sampling the test answers of each trial gives. `subset`: `one` if
        trials differ in their seeds only, `drawn` if each has a training subset of its own.
    """
    rows = effects[effects["judged"] & effects["examples"].notna()]
    names = {
        "trial_error": "seed_sd",
        "example_error": "example_sd",
        "residual_error": "residual_sd",
    }
    rows = rows.rename(columns=names)
    subset = np.where(rows["task"].isin(shared), "one", "drawn")
    return rows.assign(subset=subset)[TEST_SAMPLING].reset_index(drop=True)
