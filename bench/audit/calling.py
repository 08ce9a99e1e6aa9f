"""Calls of an implementation that changes pictures and labels, in the form that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass
class Caller:
    """An instance of the implementation and the form of its calls."""

    subject: Subject
    form: str
    single: bool
    """True if it takes one picture at a time."""
    numbers: bool
    """True if its labels are class numbers."""

    def __post_init__(self) -> None:
        self.call = self.subject.fresh()

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

    def __call__(self, batch: Pictures, training: bool = True) -> Pictures:
        """Call it on a batch of arrays; labels are one-hot and become numbers where it takes these."""
        images, labels = tf.constant(batch.images), tf.constant(self.labels(batch))
        if not self.single:
            return Pictures(*map(np.asarray, self.tensors(images, labels, training)))
        results = [self.tensors(*one, training) for one in zip(images, labels, strict=True)]
        return Pictures(
            *(np.stack([np.asarray(v) for v in part]) for part in zip(*results, strict=True))
        )

    def labels(self, batch: Pictures) -> Any:
        """Return the labels of a batch in the form that it takes."""
        one_hot = batch.labels.ndim == 2
        return (
            batch.labels.argmax(-1).astype(np.int32) if self.numbers and one_hot else batch.labels
        )


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
    for single in (False,) if mixes else (False, True):
        for form in forms:
            for numbers in (False, True):
                candidate = Caller(subject, form, single, numbers)
                try:
                    images, labels = candidate(probe)
                except Exception as error:
                    errors.append((form, error))
                    continue
                shaped = labels.shape == (probe.labels if mixes else candidate.labels(probe)).shape
                if images.shape == probe.images.shape and shaped:
                    return candidate
    told = dict(reversed(errors))
    why = "; ".join(f"given {form}: {one_line(error)}" for form, error in told.items())
    raise UsageError(
        f"{subject.address} returns no batch of the size that it got"
        + (f" ({why})" if why else "; labels must come out as [B, K]")
    )


def takes_training(call: Any) -> bool:
    """Return true if a layer or a function has an argument `training`."""
    return has_argument(getattr(call, "call", call), "training")
