"""Checks of losses: values, the weights that labels get, reduction, precision."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from bench.audit.calling import LABELS
from bench.audit.claim import reference_loss
from bench.audit.finding import Finding, attempted, one_line, skipped
from bench.audit.probes import Range
from bench.audit.subject import Subject
from bench.core.errors import UsageError
from bench.core.lazy import tf
from bench.core.strategy import Strategy

EXAMPLES = 64


@dataclass
class LossCall:
    """The form of a loss's calls: loss(labels, predictions)."""

    call: Any
    numbers: bool
    """True if labels are class numbers."""
    logits: bool
    """True if predictions are logits, else probabilities."""
    dtype: str = ""
    """Type of its labels; if empty, int32 for numbers, else that of the targets."""

    def __call__(self, targets: Any, logits: Any) -> Any:
        """Return its value, a scalar or [B], for one-hot targets and logits [B, K]."""
        labels = tf.argmax(targets, -1, output_type=tf.int32) if self.numbers else targets
        labels = tf.cast(labels, self.dtype) if self.dtype else labels
        return tf.convert_to_tensor(
            self.call(labels, logits if self.logits else tf.nn.softmax(logits))
        )

    def mean(self, targets: Any, logits: Any) -> Any:
        """Return its mean over the batch, float32."""
        return tf.reduce_mean(tf.cast(self(targets, logits), tf.float32))

    def each(self, targets: Any, logits: Any) -> Any:
        """Return the value of each example, [B]; of the first 16 alone, if it returns one number."""
        whole = self(targets, logits)
        if whole.shape.rank:
            return whole.numpy().astype(np.float64)
        rows = range(min(len(targets), 16))
        return np.array([float(self.mean(targets[i : i + 1], logits[i : i + 1])) for i in rows])


def losses(subject: Subject, strategy: Strategy, pixels: Range, classes: int) -> list[Finding]:
    """Check a loss against the catalogue's."""
    targets, logits = batch(EXAMPLES, classes, 0)
    call = found_form(subject, strategy, targets, logits)
    return [
        values(call, strategy, "value", targets, logits),
        weights_of_labels(call, strategy, classes),
        soft_labels(call, strategy, classes),
        reduction(call, targets, logits),
        *(
            values(call, strategy, f"{name} of {size}", *batch(size, classes, 1))
            for name, size in (("an odd batch", 7), ("a batch", 1))
        ),
        large_logits(call, strategy, classes),
        *(half(call, strategy, targets, logits, kind) for kind in ("float16", "bfloat16")),
    ]


def batch(size: int, classes: int, seed: int, scale: float = 2.0) -> tuple[Any, Any]:
    """Make one-hot targets and logits, float32 [B, K]."""
    random = np.random.default_rng(seed)
    targets = np.eye(classes, dtype=np.float32)[random.integers(0, classes, size)]
    logits = (scale * random.normal(size=(size, classes))).astype(np.float32)
    return tf.constant(targets), tf.constant(logits)


def found_form(subject: Subject, strategy: Strategy, targets: Any, logits: Any) -> LossCall:
    """Find how a loss is called: by its setting `from_logits`, else as comes nearest to the reference.

    Raises:
        UsageError: it fails in every form.
    """
    setting = subject.known().get("from_logits")
    kinds = (True, False) if setting is None else (bool(setting),)
    expected = float(tf.reduce_mean(reference_loss(strategy, targets, logits)))
    errors = []
    for types in LABELS:
        candidates = []
        for (numbers, dtype), takes_logits in product(types, kinds):
            call = LossCall(subject.fresh(), numbers, takes_logits, dtype)
            try:
                value = call(targets, logits)
                if value.shape.rank == 0 or value.shape == targets.shape[:1]:
                    candidates.append((abs(float(tf.reduce_mean(value)) - expected), call))
            except Exception as error:
                errors.append(one_line(error))
        if candidates:
            break
    else:
        why = errors[0] if errors else "its value is neither a number nor one for each example"
        raise UsageError(f"{subject.address} is no loss(labels, predictions): {why}")
    return min(candidates, key=lambda one: one[0])[1]


def values(call: LossCall, strategy: Strategy, check: str, targets: Any, logits: Any) -> Finding:
    """The mean loss is the catalogue's, and so is that of each example."""
    expected = np.asarray(reference_loss(strategy, targets, logits), np.float64)
    kind = "logits" if call.logits else "probabilities"
    # Smoothing by K - 1 in place of K changes a loss by some 0.1 / K of it, and means by less.
    near = min(1e-3, 0.05 / targets.shape[-1])

    def off(value: Any, wanted: Any) -> float:
        return float(np.max(np.abs(value - wanted) / np.maximum(1.0, np.abs(wanted))))

    def measure() -> tuple[str, bool]:
        mean, each = float(call.mean(targets, logits)), call.each(targets, logits)
        apart = off(each, expected[: len(each)])
        found = f"{mean:.4f}, of {kind}; examples off by up to {apart:.1g} of their loss"
        return found, off(mean, expected.mean()) <= near and apart <= near

    return attempted(check, f"{expected.mean():.4f}: {strategy.facts.equation}", measure)


def weights_of_labels(call: LossCall, strategy: Strategy, classes: int) -> Finding:
    """Where the gradient of the mean loss is (softmax - y) / B, y is what the labels became."""
    targets, logits = batch(EXAMPLES, classes, 2)

    def weights(loss: Any) -> tuple[float, float]:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(targets, logits)
        labels = tf.nn.softmax(logits) - EXAMPLES * tape.gradient(value, logits)
        own = tf.reduce_mean(tf.reduce_sum(labels * targets, -1))
        rest = tf.reduce_mean(tf.reduce_sum(labels * (1.0 - targets), -1)) / (classes - 1)
        return float(own), float(rest)

    expected = weights(lambda y, x: tf.reduce_mean(reference_loss(strategy, y, x)))
    # Smoothing by K - 1 takes the weight of one other class from the own one.
    other = 0.25 * abs(expected[1])
    near = min(5e-4, other) if other > 2e-6 else 5e-4

    def measure() -> tuple[str, bool]:
        own, rest = weights(call.mean)
        same_rest = abs(rest - expected[1]) * classes <= 5e-4
        return f"{own:.5f} and {rest:.6f}", abs(own - expected[0]) <= near and same_rest

    wanted = f"{expected[0]:.5f} of the class, {expected[1]:.6f} of each other"
    return attempted("weights of a label", wanted, measure)


def soft_labels(call: LossCall, strategy: Strategy, classes: int) -> Finding:
    """Labels that were mixed before give the catalogue's value too."""
    if call.numbers or call.dtype.startswith("int"):
        return skipped("soft labels", "it takes integers: mixed labels cannot be given")
    (first, logits), (second, _) = batch(EXAMPLES, classes, 3), batch(EXAMPLES, classes, 4)
    return values(call, strategy, "soft labels", 0.7 * first + 0.3 * second, logits)


def reduction(call: LossCall, targets: Any, logits: Any) -> Finding:
    """The value is the mean over the examples, or one value for each."""

    def measure() -> tuple[str, bool]:
        whole = call(targets, logits)
        if whole.shape.rank:
            return "one value for each example", True
        half = len(targets) // 4
        parts = [float(call.mean(targets[s], logits[s])) for s in (slice(half), slice(half, None))]
        mean = (parts[0] * half + parts[1] * (len(targets) - half)) / len(targets)
        return f"batch {float(whole):.4f}, mean of its parts {mean:.4f}", bool(
            abs(float(whole) - mean) <= 1e-3 * max(1.0, abs(mean))
        )

    return attempted("reduction", "the mean over the examples", measure)


def large_logits(call: LossCall, strategy: Strategy, classes: int) -> Finding:
    """Logits of 100 neither overflow nor are cut off."""
    if not call.logits:
        return skipped("large logits", "it gets probabilities, which are cut off near 0")
    return values(call, strategy, "large logits", *batch(EXAMPLES, classes, 5, scale=50.0))


def half(call: LossCall, strategy: Strategy, targets: Any, logits: Any, kind: str) -> Finding:
    """Predictions of half precision give a finite value near the right one."""
    expected = float(tf.reduce_mean(reference_loss(strategy, targets, logits)))

    def measure() -> tuple[str, bool]:
        labels = targets if call.numbers else tf.cast(targets, kind)
        value = call(labels, tf.cast(logits, kind))
        mean = float(tf.reduce_mean(tf.cast(value, tf.float32)))
        return f"{mean:.4f}, {value.dtype.name}", bool(abs(mean - expected) <= 0.02 * abs(expected))

    return attempted(f"{kind} predictions", f"{expected:.4f} within 2%", measure)
