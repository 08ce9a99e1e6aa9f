"""The ways to predict of a study, each beside the plain one (`recipe.predictions`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.columns import columns
from bench.analysis.pairing import Pairing
from bench.core.record import Scores
from bench.core.study import Study
from bench.stats.paired import t_interval

PLAIN = "plain"
PREDICTIONS = columns(
    "task arm reference prediction n accuracy gain low high ece nll effect effect_ece"
)


def predictions(study: Study, trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """Make a row per arm and way to predict (`PREDICTIONS`), the plain way among them.

    Accuracies are means in percent. `gain` is the change of accuracy from the plain way in the same
    trials, in percentage points, with the 95% interval of a t distribution over trials. The effects
    compare an arm with its reference, both predicting in the same way: of accuracy in percentage
    points, and of the expected calibration error. A reference to which a way does not apply predicts
    plainly.
    """
    scores = pd.DataFrame(list(_scores(trials)), columns=["row", "prediction", *SCORES])
    if set(scores["prediction"]) <= {PLAIN}:
        return pd.DataFrame(columns=PREDICTIONS)
    by_way = {way: rows.set_index("row") for way, rows in scores.groupby("prediction", sort=False)}
    pairs = comparison.pairs
    made = []
    for arm in study.arms:
        of_arm = trials.index[(trials["task"] == arm.task) & (trials["arm"] == arm.name)]
        chosen = (pairs["task"] == arm.task) & (pairs["arm"] == arm.name)
        paired = pairs[chosen & (pairs["reference"] == arm.reference)]
        for way, values in by_way.items():
            own = values[values.index.isin(of_arm)]
            if own.empty:
                continue
            gains = own["accuracy"] - by_way[PLAIN]["accuracy"].reindex(own.index)
            anyway = pd.concat([values, by_way[PLAIN].drop(values.index)])
            both = paired[
                paired["row"].isin(values.index) & paired["reference_row"].isin(anyway.index)
            ]
            here, there = values.loc[both["row"]], anyway.loc[both["reference_row"]]
            effects = [
                (here[name].to_numpy() - there[name].to_numpy()).mean() if len(both) else np.nan
                for name in ("accuracy", "ece")
            ]
            row = (arm.task, arm.name, arm.reference, way, len(own), own["accuracy"].mean())
            made.append(
                (
                    *row,
                    *t_interval(gains.to_numpy()),
                    own["ece"].mean(),
                    own["nll"].mean(),
                    *effects,
                )
            )
    return pd.DataFrame(made, columns=PREDICTIONS)


SCORES = columns("accuracy ece nll")


def _scores(trials: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield row of the trial, way to predict, accuracy (percent), ECE and NLL."""
    for row, ways in trials["predictions"].items():
        scores: Scores
        for way, scores in (ways or {}).items() if isinstance(ways, dict) else ():
            yield row, way, 100 * scores.test_accuracy, scores.ece, scores.nll
