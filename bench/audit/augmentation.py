"""Checks of techniques that change pictures and leave their labels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import stats

from bench.audit.calling import Caller, Pictures, caller
from bench.audit.claim import batch_moment, reference_batch
from bench.audit.finding import CHANCE, Finding, attempted, judged, same_mean, skipped
from bench.audit.pictures import common
from bench.audit.probes import EXAMPLES, UNIT, Range, Variant, pictures
from bench.audit.subject import Subject
from bench.core.strategy import Strategy

CALLS = 10
LEAST_DISTANCE = 0.1
"""Kolmogorov-Smirnov distance of areas that counts."""


def augmentation(
    subject: Subject, strategy: Strategy, pixels: Range, classes: int
) -> list[Finding]:
    """Check an implementation that augments; `pixels` is the range of its pixels."""
    probe = pictures(EXAMPLES, classes, pixels, 0)
    call = caller(subject, probe, mixes=False)

    def gap(before: Pictures, after: Pictures, variant: Variant) -> float:
        low, high = variant.pixels(pixels)
        least, most = float(after.images.min()), float(after.images.max())
        beyond = max(low - least, most - high, 0.0) / (high - low)
        return max(beyond, float(np.abs(after.labels - call.labels(before)).max()))

    return [
        labels_stay(call, probe),
        *changes(call, strategy, classes, pixels),
        for_each_example(call, probe),
        drawn_each_call(call, probe, pixels),
        *common(subject, call, pixels, classes, "labels kept, pixels in their range", gap),
    ]


def labels_stay(call: Caller, probe: Pictures) -> Finding:
    """Labels are the same afterwards."""
    if not call.sees_labels:
        return skipped("labels untouched", "it gets pictures only")

    def measure() -> tuple[str, bool]:
        change = max(np.abs(call(probe).labels - call.labels(probe)).max() for _ in range(CALLS))
        return f"change by up to {change:.3g}", change == 0.0

    return attempted("labels untouched", "no change", measure)


def changed(before: Any, after: Any, pixels: Range) -> Any:
    """Mark the pixels that changed, [B, H, W]."""
    return np.abs(after - before).max(-1) > 1e-4 * pixels.width


def changes(call: Caller, strategy: Strategy, classes: int, pixels: Range) -> list[Finding]:
    """Compare how many pictures change, and how much of them where others stay exactly."""
    batches = [pictures(EXAMPLES, classes, pixels, number) for number in range(CALLS)]
    units = [pictures(EXAMPLES, classes, UNIT, number) for number in range(CALLS)]
    progress = batch_moment(strategy, units[0].images, units[0].labels)

    def reference(batch: Pictures, number: int) -> Any:
        result = reference_batch(strategy, batch.images, batch.labels, number, progress)
        return np.asarray(result.values)

    def parts(before: Any, after: Any, given: Range) -> Any:
        return changed(before, after, given).mean((1, 2))

    measured = np.array([parts(b.images, call(b).images, pixels) for b in batches])
    expected = np.array([parts(b.images, reference(b, i), UNIT) for i, b in enumerate(units)])
    shares = ((measured > 0.0).mean(1), (expected > 0.0).mean(1))
    acting = "prob" in vars(strategy) or shares[1].mean() == 1.0
    agrees = same_mean(shares[0], shares[1], 0.05) if acting else bool(shares[0].mean() > 0.0)
    share = judged(
        "share of changed pictures",
        f"{shares[1].mean():.0%}" + ("" if acting else " by the catalogue's operations, any here"),
        f"{shares[0].mean():.0%}",
        agrees,
    )
    areas = [sample[sample > 0.0] for sample in (measured, expected)]
    local = (areas[1] < 0.9).mean() > 0.9
    if not local or not len(areas[0]):
        return [share, skipped("area changed", "it changes whole pictures")]
    test = stats.ks_2samp(*areas)
    fine = test.pvalue >= CHANCE or test.statistic <= LEAST_DISTANCE
    mean, wanted = (f"mean {a.mean():.0%}, largest {a.max():.0%}" for a in areas)
    found = f"{mean}; distance {test.statistic:.2f}, p {test.pvalue:.1g}"
    return [share, judged("area changed", f"{wanted} of a picture", found, bool(fine))]


def for_each_example(call: Caller, probe: Pictures) -> Finding:
    """Equal pictures in a batch come out differently: each one has its own random numbers."""
    size = len(probe.images)
    alike = Pictures(*(np.repeat(part[:1], size, 0) for part in probe))

    def measure() -> tuple[str, bool]:
        kinds = [len({image.tobytes() for image in call(alike).images}) for _ in range(CALLS)]
        return f"{max(kinds)} different ones at most, of {size} equal pictures", max(kinds) > 1

    return attempted("drawn for each picture", "equal pictures come out differently", measure)


def drawn_each_call(call: Caller, probe: Pictures, pixels: Range) -> Finding:
    """A trace repeats the pictures and the places of changes no more than calls without it do."""
    check = "drawn in each call"
    if not call.traces:
        return skipped(check, "it cannot be traced")
    few = Pictures(*(part[:16] for part in probe)) if call.single else probe

    def repeated(act: Callable[[Pictures], Pictures], batch: Pictures) -> Any:
        shares = []
        for first, second in pairwise(act(batch).images for _ in range(CALLS)):
            places = [changed(batch.images, images, pixels) for images in (first, second)]
            acted = places[0].any((1, 2)) & places[1].any((1, 2))
            same = (first == second).all((1, 2, 3))
            local = places[0].mean((1, 2)) < 0.9
            same |= local & (places[0] == places[1]).all((1, 2))
            shares += [same[acted].mean()] if acted.any() else []
        return np.array(shares)

    def measure() -> tuple[str, bool]:
        found, expected = repeated(call, probe), repeated(call.eager, few)
        if not len(found) or not len(expected):
            return "nothing changes twice", True
        fresh = found.mean() <= expected.mean() or same_mean(found, expected, 0.1)
        words = "" if fresh else ": Python or NumPy drew once, when the function was traced"
        return f"{found.mean():.0%}, {expected.mean():.0%} without a trace{words}", bool(fresh)

    return attempted(check, "no more changes as in the call before than without a trace", measure)
