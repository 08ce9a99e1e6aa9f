"""The catalogue's technique that an implementation claims to be, and its behavior as a reference."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bench.audit.subject import Subject
from bench.core.errors import UsageError
from bench.core.lazy import tf
from bench.core.strategy import (
    Batch,
    LossResult,
    Moment,
    Slot,
    Strategy,
    configured,
)
from bench.plugins.registry import Registry


def claimed(
    registry: Registry, subject: Subject, name: str | None, values: Mapping[str, Any]
) -> Strategy:
    """Configure the technique: by `values`, else by the implementation's settings of that name.

    A setting belongs to a parameter if it bears its name, or that with the technique's before it, or if
    it alone ends in it: `label_smoothing` is `smoothing`, `image_size` beside `size` is not `size`.

    Raises:
        UsageError: the name says no technique clearly, or a value does not fit.
    """
    kind = registry.strategy(name or guess(registry, subject))
    known = subject.known()
    own: dict[str, Any] = {}
    for declared in dataclasses.fields(kind):
        fitting = [name for name in known if alike(known[name], declared.default)]
        exact = (declared.name, f"{kind.facts.name}_{declared.name}")
        named = [name for name in exact if name in fitting]
        ending = [name for name in fitting if name.endswith(f"_{declared.name}")]
        if declared.name not in values and (named or len(ending) == 1):
            own[declared.name] = known[(named or ending)[0]]
    return configured(kind, {**own, **values})


def alike(value: Any, default: Any) -> bool:
    """Return true if a value is of a default's kind: a number for a number, a text for a text."""
    if isinstance(default, bool) or isinstance(value, bool):
        return type(value) is type(default)
    if isinstance(default, str):
        return isinstance(value, str)
    return isinstance(value, int if isinstance(default, int) else int | float)


def guess(registry: Registry, subject: Subject) -> str:
    """Return the technique whose name is in the implementation's name, or in a setting's.

    Raises:
        UsageError: there is none, or more than one.
    """
    for own in map(plain, subject.names):
        inside = [name for name in registry.strategies if plain(name) in own]
        longest = [n for n in inside if not any(plain(n) in plain(o) and o != n for o in inside)]
        if len(longest) == 1:
            return longest[0]
        if longest:
            break
    raise UsageError(
        f"{subject.address}: its name does not say one technique clearly; name it with --as "
        "(`bench list` names all)"
    )


def plain(name: str) -> str:
    """Return a name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


MOMENTS = (0.5, 0.0, 0.99)
"""Shares of a training at which a technique is looked at; the middle, if it is the same at all."""


def strongest(strength: Callable[[float], float]) -> float:
    """Return the share of the training at which a technique acts most: schedules rise or fall.

    An implementation without a schedule acts at its full strength.
    """
    return max(MOMENTS, key=strength)


def moment(number: Any, drawn: Any = None, size: int = 1, progress: float = 0.5) -> Moment:
    """Return the moment of a step, with random keys of its number (an int or an int32 scalar)."""
    key, step = tf.stack([number, 20_261]), tf.convert_to_tensor(number)
    share, rate = tf.constant(progress), tf.constant(0.1)
    return Moment(key, step, share, rate, drawn, tf.range(size), step, key)


def reference_batch(
    strategy: Strategy, images: Any, targets: Any, number: Any, progress: float = 0.5
) -> Batch:
    """Apply the technique's batch stages to images [B, H, W, C] in [0, 1] and targets [B, K]."""
    size = len(images)
    now = moment(number, strategy.draw(tf.stack([number, 7]), size), size, progress)
    batch = Batch(tf.constant(images, tf.float32), None, tf.constant(targets, tf.float32))
    return strategy.features(strategy.examples(batch, now), now)


def batch_moment(strategy: Strategy, images: Any, targets: Any) -> float:
    """Return the share of the training at which the technique changes pictures in [0, 1] most."""

    def strength(progress: float) -> float:
        batches = [reference_batch(strategy, images, targets, n, progress) for n in range(3)]
        return float(sum(np.abs(np.asarray(b.values) - images).mean() for b in batches))

    return strongest(strength)


def reference_loss(strategy: Strategy, targets: Any, logits: Any) -> Any:
    """Return the technique's losses [B] of targets [B, K] and logits [B, K]."""

    def rest(batch: Batch) -> LossResult:
        losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
        return LossResult(losses, logits, batch.targets)

    return strategy.loss(Batch(logits, None, targets), moment(0), rest).losses


def reference_noise(
    strategy: Strategy, kind: str, values: Any, number: Any, progress: float = 0.5
) -> Any:
    """Apply the technique to activations at the deepest slot; a merge gets a shortcut of zeros."""
    slot = Slot("audit", kind, depth=1.0)
    now = moment(number, progress=progress)
    if strategy.touches("noise"):
        return strategy.noise(slot, values, now)
    return strategy.merge(slot, tf.zeros_like(values), values, now)
