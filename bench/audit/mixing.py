"""Checks of techniques that mix pictures and their labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from bench.audit.calling import Caller, Pictures, caller
from bench.audit.claim import batch_moment, reference_batch
from bench.audit.finding import CHANCE, Finding, judged, one_line, same_mean, skipped
from bench.audit.mixture import Mixture, recover
from bench.audit.pasted import pasted
from bench.audit.pictures import common
from bench.audit.probes import EXAMPLES, UNIT, Range, Variant, pictures
from bench.audit.subject import Subject
from bench.core.strategy import Strategy

CALLS = 24
MORE_CALLS = 150
"""Calls where a batch shares a lambda, so that each call tells only one."""
SHARING = 16
"""Pictures in such a batch."""
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


def mixing(subject: Subject, strategy: Strategy, pixels: Range, classes: int) -> list[Finding]:
    """Check an implementation that mixes; `pixels` is the range of its pixels."""
    probe = pictures(EXAMPLES, classes, pixels, 0)
    call = caller(subject, probe, mixes=True)
    progress = batch_moment(strategy, pixels.unit(probe.images), probe.labels)

    def referenced(batch: Pictures, number: Any = 0) -> Pictures:
        mixed = reference_batch(strategy, batch.images, batch.labels, number, progress)
        return Pictures(np.asarray(mixed.values), np.asarray(mixed.targets))

    reference = reference_mixtures(referenced, classes)
    resized = not all(one.fits.all() for one in reference)
    calls = called(call, EXAMPLES, classes, pixels, CALLS, resized)
    if dependent(calls.mixtures):
        calls = called(call, SHARING, classes, pixels, MORE_CALLS, resized)

    def gap(before: Pictures, after: Pictures, variant: Variant) -> float:
        if after.labels.shape != before.labels.shape:
            return np.inf
        return float(compared(before, after, variant.rounding(pixels), resized)[1].max())

    return [
        labels_follow_pixels(calls, resized),
        *([pasted(call, referenced, pixels, classes)] if resized else []),
        distribution(calls, reference, strategy),
        drawn_each_call(calls, reference),
        sharing(calls),
        partners(calls),
        *common(subject, call, pixels, classes, "labels as pixels", gap),
        class_numbers(call, probe),
    ]


def called(
    call: Callable[[Pictures], Pictures],
    size: int,
    classes: int,
    pixels: Range,
    count: int,
    resized: bool,
) -> Calls:
    """Mix `count` batches of `size` pictures."""
    batches = [pictures(size, classes, pixels, number) for number in range(count)]
    rounding = 1e-5 * pixels.width
    results = [compared(batch, call(batch), rounding, resized) for batch in batches]
    return Calls([m for m, _ in results], [gap for _, gap in results])


def compared(
    before: Pictures, after: Pictures, tolerance: float, resized: bool = False
) -> tuple[Mixture, Any]:
    """Return what the pixels say, and how far the labels are from that, [B].

    Args:
        before: pictures of noise, with one-hot labels.
        after: the same, mixed.
        tolerance: difference of a pixel that is rounding.
        resized: true if the technique pastes pictures of another size. Pixels then tell the weight, not
            the partner, which may be of the same class.
    """
    mixture = recover(before.images, after.images, tolerance)
    labels, given = after.labels.astype(np.float64), before.labels
    gap = np.abs(labels - mixture.labels(given)).max(1)
    if not resized:  # what no picture of the batch has given no label asks for
        return mixture, np.where(mixture.fits, gap, mixture.weights)
    own = (labels * given).sum(1)
    gone = np.minimum(np.abs(own - (1.0 - mixture.weights)), np.abs(own - 1.0))
    of_one_class = np.abs((labels * (1.0 - given)).max(1) - (1.0 - own))
    return mixture, np.where(mixture.fits, gap, np.maximum(gone, of_one_class))


def reference_mixtures(
    referenced: Callable[[Pictures, int], Pictures], classes: int
) -> list[Mixture]:
    """Return what the pixels say that the catalogue's technique mixed, in [0, 1]."""

    def mixtures(size: int, count: int) -> list[Mixture]:
        batches = [pictures(size, classes, UNIT, number) for number in range(count)]
        return [recover(b.images, referenced(b, n).images, 1e-5) for n, b in enumerate(batches)]

    first = mixtures(EXAMPLES, CALLS)
    return mixtures(SHARING, MORE_CALLS) if dependent(first) else first


def dependent(mixtures: Sequence[Mixture]) -> bool:
    """Return true if the weights of a batch are alike: an analysis of variance between the batches."""
    if shared(mixtures):
        return True
    table = np.array([one.weights for one in mixtures])
    count, size = table.shape
    if count < 2 or size < 2:
        return False
    between, within = size * table.mean(1).var(ddof=1), table.var(1, ddof=1).mean()
    return bool(stats.f.sf(between / max(within, 1e-12), count - 1, count * (size - 1)) < CHANCE)


def shared(mixtures: Sequence[Mixture]) -> bool:
    """Return true if the examples of a batch that are mixed have one weight."""
    mixed = [one.weights[one.weights > 0.0] for one in mixtures]
    return all(np.ptp(weights) < 0.02 for weights in mixed if len(weights))


def independent_weights(mixtures: Sequence[Mixture]) -> Any:
    """Return all weights if they are independent, else one of each batch: of its first mixed example."""
    if not dependent(mixtures):
        return np.concatenate([one.weights for one in mixtures])
    mixed = [one.weights[one.weights > 0.0] for one in mixtures]
    return np.array([weights[0] if len(weights) else 0.0 for weights in mixed])


def labels_follow_pixels(calls: Calls, resized: bool) -> Finding:
    """A label has the weights of the pixels: the equations of MixUp, and lambda = mean(M) of CutMix."""
    gaps = np.concatenate(calls.gaps)
    wrong = ~(gaps <= 0.005)  # NaN is wrong
    found = f"differ by up to {gaps.max():.3f}"
    if wrong.any():
        found += (
            f"; {wrong.mean():.0%} of the examples differ, by {gaps[wrong].mean():.3f} on average"
        )
    foreign = 1.0 - calls.joined("fits").mean()
    if resized:
        found += " (the picture pasted has another size: only the own share is compared)"
    elif foreign:
        found += f"; {foreign:.0%} of the pictures have pixels of no picture in the batch"
    return judged(
        "labels against pixels", "weights of labels = weights of pixels", found, not wrong.any()
    )


def distribution(calls: Calls, reference: Sequence[Mixture], strategy: Strategy) -> Finding:
    """Compare the pixels' weights with the catalogue's (two samples, Kolmogorov and Smirnov).

    The test takes the numbers of a sample for independent. Blends are compared by the larger weight of
    the two: under random partners, lambda and 1 - lambda make the same batch.
    """
    expected = independent_weights(reference)
    blends = all(one.whole[one.weights > FAINT].all() for one in reference)
    measured = independent_weights(calls.mixtures)

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


def drawn_each_call(calls: Calls, reference: Sequence[Mixture]) -> Finding:
    """A place of the batch has a new weight in each call of one trace."""

    def repeated(mixtures: Sequence[Mixture]) -> Any:
        shares = []
        for first, second in pairwise(one.weights for one in mixtures):
            # Beta heaps weights at 0 and 1, where two draws are equal to rounding.
            inside = (first > FAINT) & (first < 1.0 - FAINT) & (second > FAINT)
            if inside.any():
                shares.append((np.abs(second - first)[inside] < 1e-3).mean())
        return np.array(shares)

    check = "lambda drawn in each call"
    found, expected = repeated(calls.mixtures), repeated(reference)
    if not len(found) or not len(expected):
        return skipped(check, "too few pictures are mixed")
    fresh = found.mean() <= expected.mean() or same_mean(found, expected, 0.1)
    words = "" if fresh else ": Python or NumPy drew it once, when the function was traced"
    return judged(
        check,
        f"{expected.mean():.0%} of the weights are those of the call before",
        f"{found.mean():.0%}{words}",
        bool(fresh),
    )


def sharing(calls: Calls) -> Finding:
    """Say if a batch shares a lambda: both are in use, and they are two methods."""
    found = "one for each example"
    if dependent(calls.mixtures):
        found = "one for the batch" + (
            "" if shared(calls.mixtures) else ", with areas for each example"
        )
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
