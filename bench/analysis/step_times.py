"""Step times of arms: ratios to the baseline over fresh processes.

Blocks within a process are no replicates; the unit of an interval is a fresh process. Machines,
devices, recipes' data and settings are never mixed: each combination has rows of its own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.stats.paired import t_interval

PLACE = ["device", "machine", "settings_hash"]
"""Columns that must be the same for two step times to stand in one row."""
COLUMNS = columns(
    "task arm reference device machine settings_hash processes ratio low high median_ratio arm_ms "
    "baseline_ms arm_iqr_ms baseline_iqr_ms first_step_s baseline_first_step_s "
    "examples_per_second peak_memory_mb baseline_peak_memory_mb memory_ratio parameters "
    "baseline_parameters input_ms load_average matrix_rate_share synthetic notes"
)
_MEDIANS = columns(
    "arm_ms baseline_ms arm_iqr_ms baseline_iqr_ms first_step_s baseline_first_step_s "
    "examples_per_second peak_memory_mb baseline_peak_memory_mb parameters baseline_parameters "
    "input_ms load_average matrix_rate_share"
)


def geometric_mean(ratios: np.ndarray) -> tuple[float, float, float]:
    """Return the geometric mean of ratios, shape (processes,), and a 95% t interval on the logs.

    The interval is NaN for one process. Zero variance gives an interval without width.
    """
    mean, low, high = np.exp(t_interval(np.log(ratios)))
    return float(mean), float(low), float(high)


def summary(step_times: pd.DataFrame) -> pd.DataFrame:
    """Make a row per task, arm, reference, device, machine and settings.

    `ratio` with `low` and `high` is the geometric mean over processes of the paired ratio (no
    interval for one process); `median_ratio` their median; all else medians over processes.
    """
    keys = ["task", "arm", "reference", *PLACE]
    memory = step_times["peak_memory_mb"] / step_times["baseline_peak_memory_mb"]
    groups = step_times.assign(memory_ratio=memory).groupby(keys, sort=False, dropna=False)
    table = groups[[*_MEDIANS, "memory_ratio"]].median()
    table["median_ratio"] = groups["ratio"].median()
    table["processes"] = groups.size()
    table["synthetic"] = groups["synthetic"].any()
    means = [geometric_mean(ratios.to_numpy(dtype=float)) for _, ratios in groups["ratio"]]
    table[["ratio", "low", "high"]] = np.array(means).reshape(-1, 3)
    table["notes"] = [
        "; ".join(dict.fromkeys(note for notes in group for note in notes))
        for _, group in groups["notes"]
    ]
    return table.reset_index()[COLUMNS]


def headline(summaries: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one device, machine and settings a task: the most processes and arms.

    Tables with one step time per arm use it; the columns name the place.
    """
    chosen = []
    for _, group in summaries.groupby("task", sort=False):
        size = group.groupby(PLACE, sort=True, dropna=False)["processes"].sum()
        place: tuple[str, ...] = size.index[int(size.argmax())]
        matches = [group[name] == value for name, value in zip(PLACE, place, strict=True)]
        chosen.append(group[np.logical_and.reduce(matches)])
    return pd.concat(chosen) if chosen else summaries
