"""Checks of techniques that change pictures and leave their labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from bench.audit.calling import Caller, Pictures, caller
from bench.audit.claim import reference_batch
from bench.audit.finding import CHANCE, Finding, attempted, judged, same_mean, skipped
from bench.audit.pictures import common
from bench.audit.probes import EXAMPLES, Variant, pictures
from bench.audit.subject import Subject
from bench.core.strategy import Strategy

CALLS = 10
LEAST_DISTANCE = 0.1
"""Kolmogorov-Smirnov distance of areas that counts."""


def augmentation(subject: Subject, strategy: Strategy, high: float, classes: int) -> list[Finding]:
    """Check an implementation that augments; `high` is the largest value of a pixel."""
    probe = pictures(min(EXAMPLES, classes), classes, high, 0)
    call = caller(subject, probe, mixes=False)

    def gap(before: Pictures, after: Pictures, variant: Variant) -> float:
        top = variant.top(high)
        beyond = max(-float(after.images.min()), float(after.images.max()) - top, 0.0) / top
        return max(beyond, float(np.abs(after.labels - call.labels(before)).max()))

    return [
        labels_stay(call, probe),
        *changes(call, strategy, classes, high),
        for_each_example(call, probe),
        *common(subject, call, high, classes, "labels kept, pixels in their range", gap),
    ]


def labels_stay(call: Caller, probe: Pictures) -> Finding:
    """Labels are the same afterwards."""
    if not call.sees_labels:
        return skipped("labels untouched", "it gets pictures only")

    def measure() -> tuple[str, bool]:
        change = max(np.abs(call(probe).labels - call.labels(probe)).max() for _ in range(CALLS))
        return f"change by up to {change:.3g}", change == 0.0

    return attempted("labels untouched", "no change", measure)


def changed(before: Any, after: Any, high: float) -> Any:
    """Return the share of the pixels of each picture that changed, [B]."""
    return (np.abs(after - before).max(-1) > 1e-4 * high).mean((1, 2))


def changes(call: Caller, strategy: Strategy, classes: int, high: float) -> list[Finding]:
    """Compare how many pictures change, and how much of them where others stay exactly."""
    size = min(EXAMPLES, classes)
    batches = [pictures(size, classes, high, number) for number in range(CALLS)]
    measured = np.array([changed(b.images, call(b).images, high) for b in batches])
    expected = np.array(
        [
            changed(
                b.images / high,
                np.asarray(reference_batch(strategy, b.images / high, b.labels, i).values),
                1.0,
            )
            for i, b in enumerate(batches)
        ]
    )
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
    alike = Pictures(np.repeat(probe.images[:1], 16, 0), np.repeat(probe.labels[:1], 16, 0))

    def measure() -> tuple[str, bool]:
        kinds = [len(np.unique(call(alike).images.reshape(16, -1), axis=0)) for _ in range(CALLS)]
        return f"{max(kinds)} different ones at most, of 16 equal pictures", max(kinds) > 1

    return attempted("drawn for each picture", "equal pictures come out differently", measure)
