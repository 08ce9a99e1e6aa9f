"""Checks of losses: values, the weights that labels get, reduction, precision."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from bench.audit.claim import reference_loss
from bench.audit.finding import Finding, attempted, one_line, skipped
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

    def __call__(self, targets: Any, logits: Any) -> Any:
        """Return its value, a scalar or [B], for one-hot targets and logits [B, K]."""
        labels = tf.argmax(targets, -1, output_type=tf.int32) if self.numbers else targets
        return tf.convert_to_tensor(
            self.call(labels, logits if self.logits else tf.nn.softmax(logits))
        )

    def mean(self, targets: Any, logits: Any) -> Any:
        """Return its mean over the batch."""
        return tf.reduce_mean(self(targets, logits))


def losses(subject: Subject, strategy: Strategy, high: float, classes: int) -> list[Finding]:
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
    expected = tf.reduce_mean(reference_loss(strategy, targets, logits))
    candidates, errors = [], []
    for numbers, takes_logits in product((False, True), kinds):
        call = LossCall(subject.fresh(), numbers, takes_logits)
        try:
            value = call(targets, logits)
            if value.shape.rank == 0 or value.shape == targets.shape[:1]:
                candidates.append((abs(float(tf.reduce_mean(value) - expected)), call))
        except Exception as error:
            errors.append(one_line(error))
    if not candidates:
        why = errors[0] if errors else "its value is neither a number nor one for each example"
        raise UsageError(f"{subject.address} is no loss(labels, predictions): {why}")
    return min(candidates, key=lambda one: one[0])[1]


def values(
    call: LossCall, strategy: Strategy, check: str, targets: Any, logits: Any, near: float = 1e-3
) -> Finding:
    """The mean loss is the catalogue's."""
    expected = float(tf.reduce_mean(reference_loss(strategy, targets, logits)))
    kind = "logits" if call.logits else "probabilities"

    def measure() -> tuple[str, bool]:
        value = float(call.mean(targets, logits))
        return f"{value:.4f}, of {kind}", abs(value - expected) <= near * max(1.0, abs(expected))

    return attempted(check, f"{expected:.4f}: {strategy.facts.equation}", measure)


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

    def measure() -> tuple[str, bool]:
        own, rest = weights(call.mean)
        fine = np.allclose((own, rest * classes), (expected[0], expected[1] * classes), atol=5e-4)
        return f"{own:.4f} and {rest:.5f}", bool(fine)

    wanted = f"{expected[0]:.4f} of the class, {expected[1]:.5f} of each other"
    return attempted("weights of a label", wanted, measure)


def soft_labels(call: LossCall, strategy: Strategy, classes: int) -> Finding:
    """Labels that were mixed before give the catalogue's value too."""
    if call.numbers:
        return skipped("soft labels", "it takes class numbers: mixed labels cannot be given")
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
