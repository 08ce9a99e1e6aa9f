"""The check of pictures that are pasted at another size, so that no pixel keeps its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bench.audit.calling import Pictures
from bench.audit.finding import Finding, judged, skipped
from bench.audit.probes import UNIT, Range, pictures
from bench.core.lazy import tf

CALLS = 6
SIZE = 16
LEAST_SIDE = 8
"""Sides of a patch below which its few pixels look like any picture."""
LEAST_SHARE = 0.8
"""Share of the patches that must look like the label's picture; resizing without a filter blurs some."""


def pasted(
    mix: Callable[[Pictures], Pictures],
    reference: Callable[[Pictures], Pictures],
    pixels: Range,
    classes: int,
) -> Finding:
    """Compare the picture that a patch looks like with the one that the label names.

    Args:
        mix: the implementation, on a batch with one-hot labels.
        reference: the catalogue's technique, on a batch in [0, 1].
        pixels: the range of the implementation's pixels.
        classes: number of classes.
    """
    check = "picture pasted"
    batches = [pictures(SIZE, classes, pixels, number) for number in range(CALLS)]
    units = [pictures(SIZE, classes, UNIT, number) for number in range(CALLS)]
    wanted = np.concatenate([looks_like_label(b, reference(b)) for b in units])
    if not len(wanted) or wanted.mean() < LEAST_SHARE:
        return skipped(check, "the catalogue's technique pastes no whole pictures")
    found = np.concatenate([looks_like_label(b, mix(b)) for b in batches])
    share = found.mean() if len(found) else 0.0
    return judged(
        check,
        "patches show the picture of the label's second class",
        f"{share:.0%} of {len(found)} patches do",
        bool(share >= LEAST_SHARE),
    )


def looks_like_label(before: Pictures, after: Pictures) -> Any:
    """Return for each patch that is large enough if it looks like a picture of the label's class."""
    rest = after.labels - before.labels * (after.labels * before.labels).sum(1, keepdims=True)
    # A label that stays whole says that the picture is pasted into itself, or into one of its class.
    classes = np.where(rest.max(1) > 1e-3, rest.argmax(1), before.labels.argmax(1))
    change = np.abs(after.images - before.images).max(-1) > 1e-4 * np.ptp(before.images)
    right = []
    for row, changed in enumerate(change):
        if not changed.any():
            continue
        (top, bottom), (left, right_end) = (np.flatnonzero(changed.any(a))[[0, -1]] for a in (1, 0))
        height, width = bottom + 1 - top, right_end + 1 - left
        if min(height, width) < LEAST_SIDE or height * width == changed.size:
            continue
        patch = after.images[row, top : bottom + 1, left : right_end + 1]
        small = tf.image.resize(before.images, (height, width), antialias=True).numpy()
        likeness = products_of_deviations(small, patch)
        right.append(patch.std() > 0.0 and bool(before.labels[likeness.argmax(), classes[row]]))
    return np.array(right, bool)


def products_of_deviations(images: Any, patch: Any) -> Any:
    """Return the correlation, up to a factor, of images [B, h, w, C] with one [h, w, C]: [B]."""
    flat = images.reshape(len(images), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return flat @ (patch - patch.mean()).reshape(-1) / np.linalg.norm(flat, axis=1)
