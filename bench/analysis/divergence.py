"""Divergence as an outcome of its own: how often training failed to converge."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.pairing import Pairing, positions
from bench.core.study import Study
from bench.stats.multiple import benjamini_hochberg
from bench.stats.rates import exact_interval, paired_rates

DIVERGENCE = columns("task arm reference n diverged rate low high reference_diverged p p_adjusted")


def divergence(study: Study, trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """Make a row per arm that was trained, baselines too (`DIVERGENCE`).

    `rate` is the share of its trials that diverged, with the exact 95% interval of Clopper and Pearson.
    `p` compares arm and reference over the trials in which only one of them diverged (exact McNemar);
    `p_adjusted` is Benjamini-Hochberg over the table. Both are empty for baselines.
    """
    diverged = (trials["status"] == "diverged").to_numpy()
    trained = trials[trials["status"] != "failed"]
    counts = Counter(zip(trained["task"], trained["arm"], strict=True))
    lost = trained[trained["status"] == "diverged"]
    lost_counts = Counter(zip(lost["task"], lost["arm"], strict=True))
    pairs, rows = positions(comparison), []
    for arm in study.arms:
        n, events = counts[arm.task, arm.name], lost_counts[arm.task, arm.name]
        if not n:
            continue
        p, reference_events = np.nan, np.nan
        rows_of_pairs = pairs.get((arm.task, arm.name, arm.reference or ""))
        if rows_of_pairs is not None:
            arm_diverged, reference_diverged = (
                diverged[rows_of_pairs[0]],
                diverged[rows_of_pairs[1]],
            )
            reference_events = float(reference_diverged.sum())
            p = paired_rates(
                int((arm_diverged & ~reference_diverged).sum()),
                int((reference_diverged & ~arm_diverged).sum()),
            )
        interval = exact_interval(events, n)
        head = (arm.task, arm.name, arm.reference, n, events, events / n)
        rows.append((*head, *interval, reference_events, p, np.nan))
    frame = pd.DataFrame(rows, columns=DIVERGENCE)
    frame["p_adjusted"] = benjamini_hochberg(frame["p"].to_numpy(dtype=float))
    return frame
