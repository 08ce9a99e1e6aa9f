"""Checks of techniques that mix pictures and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from bench.audit.calling import Caller, Pictures, caller
from bench.audit.claim import reference_batch
from bench.audit.finding import CHANCE, Finding, judged, one_line, skipped
from bench.audit.mixture import Mixture, recover
from bench.audit.pictures import common
from bench.audit.probes import EXAMPLES, Variant, pictures
from bench.audit.subject import Subject
from bench.core.strategy import Strategy

CALLS = 24
MORE_CALLS = 150
"""Calls where a batch shares a lambda, so that each call tells only one."""
LEAST_DISTANCE = 0.05
"""Kolmogorov-Smirnov distance that counts; rounding a box to pixels makes about half of it."""
FAINT = 0.01
"""Weight of a partner below which a blend may leave a pixel as it was, to rounding."""


class Calls(NamedTuple):
    """Several mixed batches, and what their pixels say."""

    mixtures: Sequence[Mixture]
    gaps: Sequence[Any]
    """Largest difference of a label's weights from those of the pixels, each [B]."""

    def joined(self, name: str) -> Any:
        """Return a field of all mixtures, one after the other."""
        return np.concatenate([getattr(one, name) for one in self.mixtures])


def mixing(subject: Subject, strategy: Strategy, high: float, classes: int) -> list[Finding]:
    """Check an implementation that mixes; `high` is the largest value of a pixel."""
    size = min(EXAMPLES, classes)
    probe = pictures(size, classes, high, 0)
    call = caller(subject, probe, mixes=True)
    calls = called(call, size, classes, high, CALLS)
    shared = per_batch(calls)
    if shared:
        calls = called(call, min(16, size), classes, high, MORE_CALLS)

    def gap(before: Pictures, after: Pictures, variant: Variant) -> float:
        if after.labels.shape != before.labels.shape:
            return np.inf
        return float(compared(before, after, variant.rounding(high))[1].max())

    reference = [referenced(strategy, size, classes, number) for number in range(CALLS)]
    return [
        labels_follow_pixels(calls),
        distribution(calls, reference, shared, strategy),
        sharing(shared),
        partners(calls),
        *common(subject, call, high, classes, "labels as pixels", gap),
        class_numbers(call, probe),
    ]


def called(call: Caller, size: int, classes: int, high: float, count: int) -> Calls:
    """Mix `count` batches."""
    batches = [pictures(size, classes, high, number) for number in range(count)]
    results = [compared(batch, call(batch), 1e-5 * high) for batch in batches]
    return Calls([m for m, _ in results], [gap for _, gap in results])


def compared(before: Pictures, after: Pictures, tolerance: float) -> tuple[Mixture, Any]:
    """Return what the pixels say, and how far the labels are from that, [B]."""
    mixture = recover(before.images, after.images, tolerance)
    labels, given = after.labels.astype(np.float64), before.labels
    gap = np.abs(labels - mixture.labels(given)).max(1)
    own = np.abs((labels * given).sum(1) - (1.0 - mixture.weights))
    return mixture, np.where(mixture.fits, gap, own)


def referenced(strategy: Strategy, size: int, classes: int, number: int) -> Mixture:
    """Mix a batch by the catalogue's technique."""
    batch = pictures(size, classes, 1.0, number)
    mixed = reference_batch(strategy, batch.images, batch.labels, number)
    return recover(batch.images, np.asarray(mixed.values), 1e-5)


def per_batch(calls: Calls) -> bool:
    """Return true if the examples of a batch that are mixed have one weight."""
    mixed = [one.weights[one.weights > 0.0] for one in calls.mixtures]
    return all(np.ptp(weights) < 0.02 for weights in mixed if len(weights))


def labels_follow_pixels(calls: Calls) -> Finding:
    """A label has the weights of the pixels: the equations of MixUp, and lambda = mean(M) of CutMix."""
    gaps = np.concatenate(calls.gaps)
    wrong = ~(gaps <= 0.005)  # NaN is wrong
    found = f"differ by up to {gaps.max():.3f}"
    if wrong.any():
        found += (
            f"; {wrong.mean():.0%} of the examples differ, by {gaps[wrong].mean():.3f} on average"
        )
    if not calls.joined("fits").all():
        found += " (the picture pasted is changed: only the own share is compared)"
    return judged(
        "labels against pixels", "weights of labels = weights of pixels", found, not wrong.any()
    )


def distribution(
    calls: Calls, reference: Sequence[Mixture], shared: bool, strategy: Strategy
) -> Finding:
    """Compare the pixels' weights with the catalogue's (two samples, Kolmogorov and Smirnov).

    Blends are compared by the larger weight of the two: under random partners, lambda and 1 - lambda
    make the same batch.
    """
    expected = np.concatenate([one.weights for one in reference])
    blends = all(one.whole[one.weights > FAINT].all() for one in reference)
    measured = (
        np.array([np.median(one.weights) for one in calls.mixtures])
        if shared
        else calls.joined("weights")
    )

    def folded(weights: Any) -> Any:
        return np.maximum(weights, 1.0 - weights) if blends else weights

    test = stats.ks_2samp(folded(measured), folded(expected))
    words = ", ".join(
        f"{name} {value:g}" for name, value in vars(strategy).items() if isinstance(value, float)
    )
    agrees = test.pvalue >= CHANCE or test.statistic <= LEAST_DISTANCE
    return judged(
        "distribution of lambda",
        f"{strategy.facts.name} ({words}): {spread(folded(expected))}",
        f"{spread(folded(measured))}; distance {test.statistic:.2f}, p {test.pvalue:.1g}",
        bool(agrees),
    )


def spread(weights: Any) -> str:
    """Return the mean and the spread of weights in words."""
    return f"mean {weights.mean():.2f}, sd {weights.std():.2f}"


def sharing(shared: bool) -> Finding:
    """Say if a batch shares a lambda: both are in use, and they are two methods."""
    found = "one for the batch" if shared else "one for each example"
    return judged("what shares a lambda", "one for each example, or for the batch", found, True)


def partners(calls: Calls) -> Finding:
    """Partners change from call to call, or the same places are always paired."""
    every = [one.partners for one in calls.mixtures]
    known = np.array([(one >= 0) for one in every])
    table = np.array(every)
    seen = [set(column[there]) for column, there in zip(table.T, known.T, strict=True)]
    often = [len(s) for s, there in zip(seen, known.T, strict=True) if there.sum() > 1]
    itself = 1.0 - known.mean()
    if not often:
        return skipped("partners", "no partner could be told from the pixels")
    fixed = max(often) == 1
    found = (
        f"each place has the same partner in all of {len(every)} calls: only a data set shuffled in "
        "every epoch makes up for it"
        if fixed
        else f"new ones in each call; {itself:.0%} of the examples with themselves, or unchanged"
    )
    return judged("partners", "drawn in each call", found, not fixed)


def class_numbers(call: Caller, probe: Pictures) -> Finding:
    """Class numbers in place of one-hot labels are refused, or come out as weights of classes."""
    check, expected = "class numbers as labels", "refused, or turned into [B, K]"
    if call.numbers:
        return skipped(check, "it takes class numbers")
    batch = Pictures(probe.images, probe.labels.argmax(-1).astype(np.int32))
    try:
        labels = call(batch).labels
    except Exception as error:
        return judged(check, expected, f"refused: {one_line(error)}"[:100], True)
    weights = labels.shape == probe.labels.shape and np.allclose(labels.sum(-1), 1.0, atol=1e-3)
    return judged(check, expected, f"comes out as {list(labels.shape)} {labels.dtype}", weights)
