"""The movement of activations' inputs over training: arms against the baseline, paired by seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.core.study import BASELINE
from bench.stats.paired import batched, interval

OBSERVED = columns("task arm seed step slot shift data recipe")
"""A row per trial, evaluation and slot; `recipe` is a digest of what trained the trial."""
SUMMARY = columns("task arm n shift ratio low high data synthetic")


def summary(observed: pd.DataFrame) -> pd.DataFrame:
    """Make a row per task and arm (`SUMMARY`): the mean shift, and its ratio to the baseline's.

    A seed's figure is the mean over evaluations and slots. The ratio is that of geometric means over
    the seeds that both have, its 95% interval that of a paired t on logarithms: exploratory.
    """
    shifts_of_seeds = observed.groupby(["task", "arm", "seed"], sort=False)["shift"].mean()
    arms = {
        key: values.droplevel(["task", "arm"])
        for key, values in shifts_of_seeds.groupby(["task", "arm"])
    }
    data = observed.groupby("task")["data"].first()
    rows, samples = [], []
    for task, arm in dict.fromkeys(zip(observed["task"], observed["arm"], strict=True)):
        shifts = arms[task, arm]
        reference = arms.get((task, BASELINE), shifts.iloc[:0])
        shared = shifts.index.intersection(reference.index)
        samples.append(
            (np.log(shifts[shared].to_numpy(float)), np.log(reference[shared].to_numpy(float)))
        )
        identity = str(data[task])
        rows.append(
            (task, arm, len(shared), shifts.mean(), identity, identity.startswith("synthetic:"))
        )
    frame = pd.DataFrame(rows, columns=["task", "arm", "n", "shift", "data", "synthetic"])
    ratios = batched(interval, samples)
    for name, source in (("ratio", "effect"), ("low", "low"), ("high", "high")):
        frame[name] = np.exp(ratios[source])
    return frame[SUMMARY]


def curves(observed: pd.DataFrame) -> pd.DataFrame:
    """Make a row per task, arm and step: mean, low and high over seeds of the mean over slots."""
    means = observed.groupby(["task", "arm", "seed", "step"], sort=False)["shift"].mean()
    by_step = means.groupby(level=["task", "arm", "step"], sort=False)
    return by_step.agg(mean="mean", low="min", high="max").reset_index()
