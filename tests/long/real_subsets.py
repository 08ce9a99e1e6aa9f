"""Coverage of intervals over training subsets and test examples, on the real IMDB reviews.

    python -m tests.long.real_subsets [--subsets 12] [--seeds 6] [--draws 400] [--data-dir FOLDER]

A logistic regression on words is trained on every pair of subset and seed, plainly and with six
techniques (half a second each). The grand mean over all pairs and all 25,000 test reviews is then
known. Studies are drawn from the pairs: n trials with subsets and seeds of their own, 5,000 of the
test reviews. The engine's 95% intervals must cover the grand mean in 93 to 97% of them. Beside it:
n seeds on one subset (at most all of its seeds) and the paired t over them, as studies were before.
Exit code 1 if a share is out of its bounds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import sparse, special, stats

from bench.data.dataset import Split
from bench.data.load import load
from bench.data.source import Source
from bench.stats.crossed import components
from bench.stats.errors import Sample, common_level, errors

TRAIN, TEST, WORDS, STEPS, RATE = 4000, 5000, 4000, 60, 0.05
FIRST_WORD = 2


class Technique(NamedTuple):
    """A change of the training of the logistic regression."""

    decay: float = 0.0
    dropped: float = 0.0
    """Share of the words that is dropped from each batch of reviews."""
    smoothing: float = 0.0
    steps: int = STEPS
    noise: float = 0.0
    """Standard deviation of the noise of the gradient."""
    clipped: float = np.inf
    """Largest change of a weight in a step."""


ARMS = {
    "baseline": Technique(),
    "weight decay": Technique(decay=0.02),
    "word dropout": Technique(dropped=0.4),
    "label smoothing": Technique(smoothing=0.2),
    "early stopping": Technique(steps=STEPS // 3),
    "gradient noise": Technique(noise=0.003),
    "small steps": Technique(clipped=RATE / 3),
}


def bags(split: Split) -> sparse.csr_matrix:
    """Return which of the frequent words each review has, (reviews, `WORDS`)."""
    ids = np.asarray(split.values)
    rows, columns = np.nonzero((ids >= FIRST_WORD) & (ids < FIRST_WORD + WORDS))
    words = ids[rows, columns] - FIRST_WORD
    counts = sparse.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, words)), shape=(len(ids), WORDS)
    )
    counts.data[:] = 1.0
    scale = sparse.diags(1 / np.sqrt(np.maximum(counts.sum(axis=1).A1, 1)))
    return (scale @ counts).tocsr().astype(np.float32)


def trained(
    technique: Technique, x: sparse.csr_matrix, y: np.ndarray, seed: int
) -> tuple[np.ndarray, float]:
    """Train by Adam on random halves of the examples; return weights and bias."""
    random = np.random.default_rng(seed)
    weights = random.normal(0, 0.05, WORDS + 1).astype(np.float32)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    own = np.random.default_rng(seed + 1_000_000)
    targets = y * (1 - technique.smoothing) + technique.smoothing / 2
    for step in range(1, technique.steps + 1):
        rows = random.permutation(len(y))[: len(y) // 2]
        batch = x[rows]
        kept = (own.random(WORDS) >= technique.dropped) / (1 - technique.dropped)
        logits = batch @ (weights[:-1] * kept) + weights[-1]
        error = special.expit(logits) - targets[rows]
        gradient = np.append(kept * (batch.T @ error), error.sum()) / len(rows)
        gradient += technique.noise * own.standard_normal(WORDS + 1)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        change = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weights -= np.clip(RATE * change, -technique.clipped, technique.clipped)
        weights[:-1] *= 1 - technique.decay
    return weights[:-1], float(weights[-1])


def right_answers(
    subsets: int, seeds: int, source: Source, told: Callable[[str], None]
) -> np.ndarray:
    """Return which test reviews each arm gets right, (arms, subsets, seeds, reviews)."""
    data = load("imdb_reviews", source)
    if data.synthetic:
        raise SystemExit("the real reviews are needed: set TFDS_DATA_DIR or --data-dir")
    train, test = bags(data.train), bags(data.test)
    labels, answers = np.asarray(data.train.labels), np.asarray(data.test.labels)
    right = np.zeros((len(ARMS), subsets, seeds, len(answers)), dtype=bool)
    for subset in range(subsets):
        rows = np.random.default_rng(500 + subset).permutation(len(labels))[:TRAIN]
        x, y = train[rows], labels[rows].astype(np.float32)
        for seed in range(seeds):
            for arm, technique in enumerate(ARMS.values()):
                weights, bias = trained(technique, x, y, 100 * subset + seed)
                right[arm, subset, seed] = (test @ weights + bias > 0) == (answers == 1)
        told(f"subset {subset + 1} of {subsets}: {right[0, subset].mean():.1%} right")
    return right


def coverage(right: np.ndarray, trials: int, draws: int, seed: int = 0) -> tuple[float, float]:
    """Return the coverage of the engine's intervals, and that of one subset with the paired t.

    Args:
        right: of `right_answers`.
        trials: of a drawn study.
        draws: number of studies.
    """
    random = np.random.default_rng(seed)
    arms, subsets, seeds, reviews = right.shape
    truth = 100 * (right[1:].mean(axis=(1, 2, 3)) - right[0].mean())
    now, before = [], []
    for _ in range(draws):
        # Trials are drawn with replacement from the pairs, so the grand mean is that of a population.
        places = random.integers(subsets, size=trials), random.integers(seeds, size=trials)
        # With replacement: of 25,000 reviews without it, 5,000 vary a tenth less than of all reviews.
        some = random.integers(reviews, size=TEST)
        drawn = right[:, places[0], places[1]][:, :, some].astype(np.int8)
        score = 100 * drawn.mean(axis=2)
        samples = [
            Sample(score[arm] - score[0], components(drawn[arm] - drawn[0]), 100.0)
            for arm in range(1, arms)
        ]
        made = errors(samples, common_level(samples))
        estimate = score[1:].mean(axis=1) - score[0].mean()
        now.append(np.abs(estimate - truth) <= stats.t.isf(0.025, made.df) * made.error)
        one = right[:, random.integers(subsets), random.permutation(seeds)[:trials]][:, :, some]
        d = 100 * (one[1:].mean(axis=2) - one[0].mean(axis=1))
        n = d.shape[1]
        half = stats.t.isf(0.025, n - 1) * d.std(axis=1, ddof=1) / np.sqrt(n)
        before.append(np.abs(d.mean(axis=1) - truth) <= half)
    return float(np.mean(now)), float(np.mean(before))


def report(right: np.ndarray, draws: int) -> bool:
    """Print the true effects and the coverage; tell if it is within its bounds."""
    effects = 100 * (right[1:].mean(axis=3) - right[0].mean(axis=2))
    for name, effect in zip(list(ARMS)[1:], effects, strict=True):
        means = effect.mean(axis=1)
        between = max(means.var(ddof=1) - effect.var(axis=1, ddof=1).mean() / effect.shape[1], 0)
        print(
            f"{name}: {effect.mean():+.2f} points; sd between subsets {between**0.5:.2f}, between "
            f"seeds of a subset {effect.var(axis=1, ddof=1).mean() ** 0.5:.2f}"
        )
    good = True
    for trials in (3, 5, 10):
        now, before = coverage(right, trials, draws)
        good &= 0.93 <= now <= 0.97
        print(
            f"{trials} trials: {now:.1%} of 95% intervals cover the grand mean "
            f"(one subset, paired t over seeds: {before:.1%})"
        )
    return good


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, draw studies, print the coverage; return 1 if it is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subsets", type=int, default=12)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args(arguments)
    source = Source("tfds", options.data_dir)
    right = right_answers(options.subsets, options.seeds, source, print)
    return 0 if report(right, options.draws) else 1


if __name__ == "__main__":
    sys.exit(main())
