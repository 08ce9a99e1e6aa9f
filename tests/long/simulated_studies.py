"""False statements and power of the engine, in simulated studies of twelve techniques.

    python -m tests.long.simulated_studies [--studies 2000] [--only words,coverage,growth]

Each study draws trials (a training subset and a seed each), which test examples each arm gets right, and
asks the engine for its words. The simulator is `tests.bench.stats.simulators`: NumPy alone. Spreads are
those of the committed studies: paired differences vary by 0.3 to 1.5 points from trial to trial, by
technique. Beside it stands the rule that this engine replaced (paired t with Holm, Bonferroni intervals,
two unadjusted one-sided tests). Exit code 1 if a share is out of its bounds.

words: share of studies with a false statement of any kind, a wrong direction included (at most 5%), and
the share of techniques that each rule decides. coverage: of one technique's 95% interval, over trials
and test examples, with 3, 5 and 10 trials (93 to 97%). growth: seeds added at looks of one's own choice.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from bench.analysis import verdict
from bench.stats.crossed import components
from bench.stats.errors import Errors, Sample, common_level, errors
from bench.stats.laws import Law
from bench.stats.simultaneous import simultaneous
from tests.bench.stats.simulators import Answers, answers

ARMS = 12
MARGIN = 1.0
EXAMPLES = 4000
"""Test examples; fewer than a real split has, so that their sampling counts more."""
LEVEL = 0.5
"""Level of the reference on the latent scale: 58% accuracy."""
EXAMPLE_SD, ARM_EXAMPLE_SD, TRIAL_SD = 2.2, 0.4, 0.05
"""Spreads on the latent scale: most examples are easy or hard for all arms."""
ARM_TRIAL_SD = 0.0035
"""Typical spread of one arm from trial to trial, as a share of all examples."""
HETEROGENEITY = 0.5
"""Standard deviation of the log of that spread over arms."""
Truth = Callable[[np.random.Generator], np.ndarray]
"""A function that draws the true effects of the techniques, percentage points."""
TRUTHS: dict[str, Truth] = {
    "no technique does anything": lambda random: np.zeros(ARMS),
    "all are worth exactly the margin": lambda random: np.full(ARMS, MARGIN),
    "all lie just inside the margin": lambda random: np.full(ARMS, 0.97 * MARGIN),
    "half do nothing, half much": lambda random: np.repeat([0.0, 4.0], ARMS // 2),
    "a catalogue": lambda random: random.normal(0, 1.5, ARMS),
}
STATEMENTS: dict[str, Callable[[float], bool]] = {
    verdict.BETTER_BY_MARGIN: lambda effect: effect > MARGIN,
    verdict.BETTER: lambda effect: effect > 0,
    verdict.WITHIN: lambda effect: abs(effect) < MARGIN,
    verdict.WORSE: lambda effect: effect < 0,
    verdict.WORSE_BY_MARGIN: lambda effect: effect < -MARGIN,
    verdict.OPEN: lambda effect: True,
}
EARLIER: dict[str, Callable[[float], bool]] = {
    "helps": lambda effect: effect > 0,
    "hurts": lambda effect: effect < 0,
    "equivalent": lambda effect: abs(effect) < MARGIN,
    "inconclusive": lambda effect: True,
}


class Drawn(NamedTuple):
    """A simulated study."""

    samples: list[Sample]
    effects: np.ndarray
    """True effects, percentage points."""


def study(
    random: np.random.Generator, truth: Truth, trials: int, examples: int = EXAMPLES
) -> Drawn:
    """Draw a study whose techniques have these effects, and spreads of their own."""
    points = truth(random)
    spread = ARM_TRIAL_SD * np.exp(random.normal(0, HETEROGENEITY, ARMS + 1))
    drawn = drawn_answers(random, points, trials, examples, spread)
    right = drawn.right.astype(np.int8)
    accuracy = 100 * drawn.right.mean(axis=2)
    samples = [
        Sample(accuracy[arm] - accuracy[0], components(right[arm] - right[0]), 100.0)
        for arm in range(1, ARMS + 1)
    ]
    return Drawn(samples, 100 * drawn.effects)


def drawn_answers(
    random: np.random.Generator,
    points: np.ndarray,
    trials: int,
    examples: int,
    spread: np.ndarray,
) -> Answers:
    """Draw answers whose true differences of accuracy are `points`.

    Args:
        spread: (arms,) standard deviation of each arm's trials, as a share of all examples.
    """
    total = 1.0 + EXAMPLE_SD**2 + ARM_EXAMPLE_SD**2 + TRIAL_SD**2
    # The density turns a share of the examples into a distance on the latent scale.
    density = stats.norm.pdf(LEVEL / total**0.5) / total**0.5
    latent = spread / density
    variance = total + latent**2
    reference = stats.norm.cdf(LEVEL / variance[0] ** 0.5)
    levels = stats.norm.ppf(reference + points / 100) * variance[1:] ** 0.5
    return answers(
        random, np.append(LEVEL, levels), trials, examples,
        EXAMPLE_SD, ARM_EXAMPLE_SD, TRIAL_SD, latent,
    )  # fmt: skip


def inferred(samples: Sequence[Sample], first: int | None = None) -> tuple[np.ndarray, Errors, Law]:
    """Return the estimates, their standard errors and their law."""
    made = errors(samples, common_level(samples))
    estimate = np.array([sample.differences.mean() for sample in samples])
    count = np.array([float(len(sample.differences)) for sample in samples])
    return estimate, made, made.law(count, first)


def words(samples: Sequence[Sample], first: int | None = None) -> list[str]:
    """Return the engine's words on a family."""
    estimate, made, law = inferred(samples, first)
    margin = np.full(len(estimate), MARGIN)
    found = simultaneous(estimate, made.error, law, margin, len(estimate), verdict.ALPHA)
    return [verdict.read_off(*ends, MARGIN) for ends in zip(found.low, found.high, strict=True)]


def earlier_words(samples: Sequence[Sample]) -> list[str]:
    """Return the words of the rule before: Holm over paired t, and two unadjusted one-sided tests."""
    d = np.stack([sample.differences for sample in samples])
    n = d.shape[1]
    mean, error = d.mean(axis=1), d.std(axis=1, ddof=1) / np.sqrt(n)
    p = 2 * stats.t.sf(np.abs(mean) / error, n - 1)
    order = np.argsort(p)
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p))))
    inside = np.abs(mean) + stats.t.isf(0.05, n - 1) * error < MARGIN
    found = np.where(inside, "equivalent", "inconclusive")
    return np.where(adjusted < 0.05, np.where(mean > 0, "helps", "hurts"), found).tolist()


def says_false(
    found: Sequence[str], effects: np.ndarray, meaning: dict[str, Callable[[float], bool]]
) -> bool:
    """Return true if a word contradicts the truth."""
    return any(not meaning[word](effect) for word, effect in zip(found, effects, strict=True))


def check_words(studies: int, trials: int, random: np.random.Generator) -> bool:
    """Print the shares of studies with a false statement, and of techniques decided."""
    good = True
    for name, truth in TRUTHS.items():
        wrong = np.zeros(2)
        decided = np.zeros(2)
        directed = np.zeros(2)
        for _ in range(studies):
            drawn = study(random, truth, trials)
            now, before = words(drawn.samples), earlier_words(drawn.samples)
            wrong += (
                says_false(now, drawn.effects, STATEMENTS),
                says_false(before, drawn.effects, EARLIER),
            )
            decided += (
                np.mean([word != verdict.OPEN for word in now]),
                np.mean([word != "inconclusive" for word in before]),
            )
            directed += (
                np.mean([word not in (verdict.OPEN, verdict.WITHIN) for word in now]),
                np.mean([word in ("helps", "hurts") for word in before]),
            )
        share, old = wrong / studies
        good &= share <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / studies)
        print(
            f"{trials} trials, {name}: false statement in {share:.1%} of studies (before: {old:.1%}); "
            f"decided {decided[0] / studies:.0%} ({decided[1] / studies:.0%}), "
            f"with a direction {directed[0] / studies:.0%} ({directed[1] / studies:.0%})",
            flush=True,
        )
    return good


def check_coverage(studies: int, random: np.random.Generator) -> bool:
    """Print the coverage of 95% intervals by number of trials, and that of the paired t."""
    good = True
    for trials in (3, 5, 10):
        covered, before = [], []
        for _ in range(studies):
            drawn = study(random, TRUTHS["a catalogue"], trials)
            estimate, made, law = inferred(drawn.samples)
            off = np.abs(estimate - drawn.effects)
            covered.append(np.mean(off <= law.critical(0.025) * made.error))
            d = np.stack([sample.differences for sample in drawn.samples])
            half = stats.t.isf(0.025, trials - 1) * d.std(axis=1, ddof=1) / np.sqrt(trials)
            before.append(np.mean(off <= half))
        share = float(np.mean(covered))
        good &= 0.93 <= share <= 0.97
        print(f"{trials} trials: {share:.1%} covered (paired t over trials: {np.mean(before):.1%})")
    return good


def check_growth(studies: int, random: np.random.Generator) -> bool:
    """Print how often a study that grows until everything is decided says something false."""
    good, last = True, verdict.LOOKS[-1]
    for name in ("no technique does anything", "all are worth exactly the margin", "a catalogue"):
        wrong, before, seeds, price = 0, 0, [], []
        for _ in range(studies):
            drawn = study(random, TRUTHS[name], last, 1000)
            false, old_false = False, False
            for trials in verdict.LOOKS:
                grown = [shortened(sample, trials) for sample in drawn.samples]
                found = words(grown, verdict.LOOKS[0])
                false |= says_false(found, drawn.effects, STATEMENTS)
                old_false |= says_false(words(grown), drawn.effects, STATEMENTS)
                if verdict.OPEN not in found:
                    break
            wrong, before = wrong + false, before + old_false
            seeds.append(trials)
            _, made, law = inferred(grown, verdict.LOOKS[0])
            fixed = stats.t.isf(0.05 / 24, made.df)
            price.append(float(np.median(law.critical(0.05 / 24) / fixed)))
        share = wrong / studies
        good &= share <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / studies)
        print(
            f"until decided, {name}: false statement at any look in {share:.1%} of studies (with "
            f"intervals for a fixed number: {before / studies:.1%}); {np.mean(seeds):.0f} seeds on "
            f"average; intervals {np.median(price):.2f} times as wide",
            flush=True,
        )
    return good


def shortened(sample: Sample, trials: int) -> Sample:
    """Return the first trials of a sample; its parts of the variance are those of all trials."""
    return sample._replace(differences=sample.differences[:trials])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulations; return 1 if a share is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--only", default="words,coverage,growth")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    random, good = np.random.default_rng(options.seed), True
    only = options.only.split(",")
    if "words" in only:
        for trials in (5, 10):
            good &= check_words(options.studies, trials, random)
    if "coverage" in only:
        good &= check_coverage(options.studies, random)
    if "growth" in only:
        good &= check_growth(options.studies, random)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
