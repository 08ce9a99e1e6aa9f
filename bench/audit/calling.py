"""Calls of an implementation that changes pictures and labels, in the form that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from bench.audit.finding import one_line
from bench.audit.subject import Subject, has_argument
from bench.core.errors import UsageError
from bench.core.lazy import tf


class Pictures(NamedTuple):
    """A batch."""

    images: Any
    """[B, H, W, C]."""
    labels: Any
    """One-hot [B, K], or class numbers [B]."""


def as_dict(call: Any, images: Any, labels: Any, **training: bool) -> tuple[Any, Any]:
    result = call({"images": images, "labels": labels}, **training)
    return result["images"], result["labels"]


def as_pair(call: Any, images: Any, labels: Any, **training: bool) -> tuple[Any, Any]:
    images, labels = call(images, labels, **training)
    return images, labels


def as_images(call: Any, images: Any, labels: Any, **training: bool) -> tuple[Any, Any]:
    return call(images, **training), labels


FORMS: dict[str, Callable[..., tuple[Any, Any]]] = {
    "a dictionary of images and labels": as_dict,
    "images and labels": as_pair,
    "images": as_images,
}


LABELS = (
    ((False, ""), (True, "")),
    ((True, "int64"), (False, "float64"), (False, "int32")),
)
"""Labels that implementations take, as (numbers, type): the usual ones, and then the others. An empty
type is the default of `Caller` or `LossCall`."""


@dataclass
class Caller:
    """An instance of the implementation and the form of its calls."""

    subject: Subject
    form: str
    single: bool
    """True if it takes one picture at a time."""
    numbers: bool
    """True if its labels are class numbers."""
    dtype: str = ""
    """Type of its labels; if empty, float32, and int32 for numbers."""

    def __post_init__(self) -> None:
        self.call = self.subject.fresh()
        self.act: Callable[..., tuple[Any, Any]] = self.batched

    def trace(self, batch: Pictures) -> None:
        """Trace the next calls once, as `tf.data` and `fit` do; nothing changes where that fails.

        A number that Python or NumPy draws is then the same in all of them. Call a layer before: it
        cannot make its variables in a trace.
        """
        images, labels = tf.constant(batch.images), tf.constant(self.labels(batch))
        act = self.tensors
        if self.single:
            types = tuple(tf.convert_to_tensor(v).dtype for v in self.tensors(images[0], labels[0]))

            def act(images: Any, labels: Any, training: bool = True) -> Any:
                def one(pair: tuple[Any, Any]) -> Any:
                    return self.tensors(*pair, training)

                return tf.map_fn(one, (images, labels), fn_output_signature=types)

        graph, failure = traced(act, images, labels)
        if not failure:
            self.act = graph

    @property
    def traces(self) -> bool:
        """True if it is traced."""
        return self.act != self.batched

    @property
    def trains(self) -> bool:
        """True if a call says that it is in training or not."""
        return takes_training(self.call)

    @property
    def sees_labels(self) -> bool:
        """True if it gets the labels."""
        return FORMS[self.form] is not as_images

    def tensors(self, images: Any, labels: Any, training: bool = True) -> tuple[Any, Any]:
        """Call it once, on a batch or on a single picture."""
        argument = {"training": training} if self.trains else {}
        return FORMS[self.form](self.call, images, labels, **argument)

    def batched(self, images: Any, labels: Any, training: bool = True) -> tuple[Any, Any]:
        """Call it on a batch, on one picture after the other if it takes single ones."""
        if not self.single:
            return self.tensors(images, labels, training)
        results = [self.tensors(*one, training) for one in zip(images, labels, strict=True)]
        images, labels = (
            np.stack([np.asarray(v) for v in part]) for part in zip(*results, strict=True)
        )
        return images, labels

    def __call__(self, batch: Pictures, training: bool = True) -> Pictures:
        """Call it on a batch of arrays; labels are one-hot and become numbers where it takes these."""
        return self._on(self.act if training else self.batched, batch, training)

    def eager(self, batch: Pictures) -> Pictures:
        """Call it without its trace: Python runs again, and draws again."""
        return self._on(self.batched, batch, True)

    def _on(self, act: Callable[..., Any], batch: Pictures, training: bool) -> Pictures:
        images, labels = tf.constant(batch.images), tf.constant(self.labels(batch))
        return Pictures(*map(np.asarray, act(images, labels, training)))

    def labels(self, batch: Pictures) -> Any:
        """Return the labels of a batch in the form that it takes; numbers stay as they are."""
        if batch.labels.ndim == 1:
            return batch.labels
        labels = batch.labels.argmax(-1) if self.numbers else batch.labels
        return labels.astype(self.dtype or ("int32" if self.numbers else "float32"))


def caller(subject: Subject, probe: Pictures, mixes: bool) -> Caller:
    """Find the form in which an implementation can be called on a batch.

    Args:
        subject: the implementation.
        probe: images and one-hot labels.
        mixes: true if labels must come out as [B, K], and pictures need a batch.

    Raises:
        UsageError: it fails in every form.
    """
    forms = [form for form in FORMS if not (mixes and FORMS[form] is as_images)]
    errors = []
    for types, single, form in product(LABELS, (False,) if mixes else (False, True), forms):
        for numbers, dtype in types:
            candidate = Caller(subject, form, single, numbers, dtype)
            try:
                images, labels = candidate(probe)
            except Exception as error:
                errors.append((form, error))
                continue
            shaped = labels.shape == (probe.labels if mixes else candidate.labels(probe)).shape
            if images.shape == probe.images.shape and shaped:
                candidate.trace(probe)
                return candidate
    told = dict(reversed(errors))
    why = "; ".join(f"given {form}: {one_line(error)}" for form, error in told.items())
    raise UsageError(
        f"{subject.address} returns no batch of the size that it got"
        + (f" ({why})" if why else "; labels must come out as [B, K]")
    )


def traced(
    call: Callable[..., Any], *example: Any, autograph: bool = True
) -> tuple[Callable[..., Any], str]:
    """Return a function that is traced once, or itself and the reason where it cannot be traced.

    Args:
        call: the function.
        example: its arguments, of the shapes of the calls that follow.
        autograph: true if Python's `if` and `for` may depend on tensors, as in `tf.data` and `fit`; it
            takes seconds.
    """
    graph = tf.function(call, autograph=autograph)
    try:
        graph(*example)
    except Exception as error:
        return call, one_line(error)
    return graph, ""


def takes_training(call: Any) -> bool:
    """Return true if a layer or a function has an argument `training`."""
    return has_argument(getattr(call, "call", call), "training")
