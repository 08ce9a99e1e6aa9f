"""Checks of everything that changes pictures: evaluation, chance, seeds, forgotten kinds of batches."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, TypeAlias

import numpy as np

from bench.audit.calling import Caller, Pictures
from bench.audit.finding import Finding, attempted, one_line, skipped, untouched
from bench.audit.probes import EXAMPLES, VARIANTS, Range, Variant, pictures, policy
from bench.audit.seeds import seeds
from bench.audit.subject import Subject
from bench.core.lazy import tf

Gap: TypeAlias = Callable[[Pictures, Pictures, Variant], float]
"""A function that measures the distance of a batch from what must hold, as a share of a label's or a
pixel's range.
"""


def common(
    subject: Subject, call: Caller, pixels: Range, classes: int, expected: str, gap: Gap
) -> list[Finding]:
    """Run the checks that mixing and augmentation share; `expected` says what makes `gap` 0."""
    probe = pictures(EXAMPLES, classes, pixels, 0)

    def draw(seeded: Subject) -> Any:
        made = Caller(seeded, call.form, call.single, call.numbers, call.dtype)
        return made(pictures(4, classes, pixels, 0)).images

    return [
        evaluation(call, probe),
        calls_differ(call, probe),
        seeds(subject, draw),
        *label_types(call, pixels, classes, expected, gap),
        *(varied(subject, call, variant, pixels, classes, expected, gap) for variant in VARIANTS),
        in_data_set(call, pixels, classes, expected, gap),
    ]


def label_types(
    call: Caller, pixels: Range, classes: int, expected: str, gap: Gap
) -> list[Finding]:
    """Labels of other types are refused, or come out right: integers cannot hold weights."""
    if not call.sees_labels:
        return []
    before = pictures(VARIANTS[0].size, classes, pixels, 0)

    def typed(dtype: str) -> Finding:
        def measure() -> tuple[str, bool]:
            of_type = copy(call)  # its trace, since a graph may take types that eager calls refuse
            of_type.dtype = dtype
            try:
                after = of_type(before)
            except Exception as error:
                return f"refused: {one_line(error)}", True
            off = gap(before, after, VARIANTS[0])
            found = f"off by up to {off:.3f} (labels {after.labels.dtype})"
            return found, off <= VARIANTS[0].tolerance

        return attempted(f"labels of {dtype}", f"{expected}, or refused", measure)

    own = call.labels(before).dtype.name
    kinds = ("int32", "int64") if call.numbers else ("float32", "float64", "int32")
    return [typed(dtype) for dtype in kinds if dtype != own]


def varied(
    subject: Subject,
    call: Caller,
    variant: Variant,
    pixels: Range,
    classes: int,
    expected: str,
    gap: Gap,
) -> Finding:
    """On kinds of batches that are often forgotten, shapes are kept and the same things hold."""
    if variant.dtype == "uint8" and pixels.low < 0.0:
        return skipped(variant.name, f"its pixels begin at {pixels.low:g}")
    if variant.policy != "float32" and not hasattr(call.call, "compute_dtype"):
        return skipped(variant.name, "no Keras layer: a policy does not reach it")

    def measure() -> tuple[str, bool]:
        with policy(variant.policy):
            fresh = Caller(subject, call.form, call.single, call.numbers, call.dtype)
            gaps, types = [], ""
            for number in range(4):
                before = pictures(variant.size, classes, pixels, number, variant)
                try:
                    after = fresh(before)
                except Exception as error:
                    if variant.dtype == "float32":
                        raise
                    return f"refused: {one_line(error)}", True
                types = f"{after.images.dtype}, labels {after.labels.dtype}"
                if after.images.shape != before.images.shape:
                    return f"pictures come out as {list(after.images.shape)}", False
                if not (np.isfinite(after.images).all() and np.isfinite(after.labels).all()):
                    return f"values that are not finite ({types})", False
                if variant.dtype == "uint8" and after.images.max() <= 1.0:
                    after = after._replace(images=after.images * 255.0)
                    types += ", rescaled to [0, 1]"
                gaps.append(gap(before, after, variant))
        return f"off by up to {max(gaps):.3f} ({types})", max(gaps) <= variant.tolerance

    return attempted(variant.name, expected, measure)


def in_data_set(call: Caller, pixels: Range, classes: int, expected: str, gap: Gap) -> Finding:
    """In `tf.data`, with a last batch that is smaller; the second epoch has other pictures."""
    source = pictures(15, classes, pixels, 0)

    def measure() -> tuple[str, bool]:
        # A global seed repeats the numbers of every epoch, whosever they are.
        tf.random.set_seed(None)
        first, second = two_epochs(call, source, batch=6)
        tf.random.set_seed(0)
        off = gap(source, first, VARIANTS[0])
        again = np.array_equal(first.images, second.images)
        found = f"off by up to {off:.3f}" + ("; both epochs are the same" if again else "")
        return found, off <= VARIANTS[0].tolerance and not again

    return attempted("in tf.data, last batch smaller", f"{expected}; epochs differ", measure)


def evaluation(call: Caller, probe: Pictures) -> Finding:
    """In evaluation nothing changes."""

    def changes() -> tuple[str, bool]:
        after = call(probe, training=False)
        change = np.abs(after.images - probe.images.astype(np.float64)).max()
        given = call.labels(probe)
        moved = np.abs(after.labels - given).max() if after.labels.shape == given.shape else np.inf
        found = f"pixels change by {change:.3g}, labels by {moved:.3g}"
        return found, bool(change == 0.0 and moved == 0.0)

    return untouched(call.trains, changes)


def calls_differ(call: Caller, probe: Pictures) -> Finding:
    """Two calls draw other numbers."""

    def measure() -> tuple[str, bool]:
        results = [call(probe).images for _ in range(5)]
        same = sum(np.array_equal(results[0], other) for other in results[1:])
        return f"{same} of 4 further calls repeat the first", same < 4

    return attempted("calls differ", "new random numbers in each call", measure)


def two_epochs(call: Caller, source: Pictures, batch: int) -> list[Pictures]:
    """Go twice through one `tf.data` pipeline that maps by the implementation.

    A pipeline is traced once, as in a training: a number that Python or NumPy drew stays the same in it.
    """
    data = tf.data.Dataset.from_tensor_slices((source.images, call.labels(source)))
    data = (
        data.map(call.tensors).batch(batch) if call.single else data.batch(batch).map(call.tensors)
    )
    epochs: list[list[tuple[Any, Any]]] = [list(data.as_numpy_iterator()) for _ in range(2)]
    return [Pictures(*map(np.concatenate, zip(*parts, strict=True))) for parts in epochs]
