"""Effects per class of the test split, and intervals that include the sampling of that split."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from bench.analysis.columns import columns
from bench.analysis.effects import positions
from bench.analysis.pairing import Pairing
from bench.analysis.verdict import WORDS
from bench.core.bits import unpacked
from bench.core.study import SMOKE_SEEDS, Study
from bench.stats.multiple import benjamini_hochberg
from bench.stats.paired import batched, interval

PER_CLASS = columns("task arm reference class_index n effect low high p p_adjusted verdict")
TEST_SAMPLING = columns("task arm reference n examples effect low high seed_sd example_sd")


def per_class(study: Study, trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """A row per arm and class: change of that class's accuracy, percentage points.

    Paired t with 95% intervals, Benjamini-Hochberg over the table: exploratory. Diverged seeds are
    left out.
    """
    correct, total = trials["class_correct"].to_numpy(), trials["class_total"].to_numpy()
    heads, samples = [], []
    for key, (mine, theirs) in positions(comparison).items():
        both = [(m, t) for m, t in zip(mine, theirs, strict=True) if correct[m] and correct[t]]
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
    table = pd.DataFrame(heads, columns=PER_CLASS[:5]).join(batched(interval, samples))
    judged = (table["n"] >= SMOKE_SEEDS).to_numpy() & (not study.synthetic)
    table["p_adjusted"] = benjamini_hochberg(np.where(judged, table["p"], np.nan))
    unjudged = WORDS["synthetic" if study.synthetic else "smoke"]
    table["verdict"] = np.where(judged, WORDS["exploratory"], unjudged)
    return table[PER_CLASS]


def with_test_sampling(trials: pd.DataFrame, comparison: Pairing) -> pd.DataFrame:
    """A row per arm: its effect with a 95% interval for new seeds *and* another test split.

    Seeds and test examples are crossed random effects of d (seed, example) = arm right - reference
    right; the variance of the mean is (MS_seed + MS_example - MS_residual) / (seeds x examples),
    at least that of the seeds alone, with t at seeds - 1 degrees of freedom. `seed_sd` and
    `example_sd` are the two parts' standard errors, percentage points. Needs two seeds.
    """
    coded = trials["correct"].to_numpy()
    sizes = trials["class_total"].to_numpy()
    rows = []
    for key, (mine, theirs) in positions(comparison).items():
        both = [
            (m, t)
            for m, t in zip(mine, theirs, strict=True)
            if coded[m] and coded[t] and sum(sizes[m]) == sum(sizes[t])
        ]
        if len(both) < 2:
            continue
        count = int(sum(sizes[both[0][0]]))
        right = {row: unpacked(coded[row], count).astype(np.int8) for pair in both for row in pair}
        d = np.stack([right[m] - right[t] for m, t in both])
        mean, seed_error, example_error, error = crossed(d)
        half = stats.t.isf(0.025, len(d) - 1) * error
        found = (len(d), count, mean, mean - half, mean + half, seed_error, example_error)
        rows.append((*key, *found[:2], *(100 * value for value in found[2:])))
    return pd.DataFrame(rows, columns=TEST_SAMPLING)


def crossed(d: np.ndarray) -> tuple[float, float, float, float]:
    """Mean of d (seeds, examples), standard errors from seeds, from examples, and from both."""
    seeds, examples = d.shape
    mean = float(d.mean())
    by_seed, by_example = d.mean(axis=1), d.mean(axis=0)
    ms_seed = examples * by_seed.var(ddof=1)
    ms_example = seeds * by_example.var(ddof=1)
    total = float((d.astype(np.int32) ** 2).sum()) - d.size * mean**2
    ss_residual = total - (seeds - 1) * ms_seed - (examples - 1) * ms_example
    ms_residual = ss_residual / ((seeds - 1) * (examples - 1))
    only_seeds = ms_seed / d.size
    only_examples = max(0.0, ms_example - ms_residual) / d.size
    both = only_seeds + only_examples
    return mean, float(only_seeds**0.5), float(only_examples**0.5), float(both**0.5)
