"""Checks of layers that disturb activations in training, as dropout does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from bench.audit.calling import takes_training, traced
from bench.audit.claim import MOMENTS, reference_noise, strongest
from bench.audit.finding import (
    Finding,
    attempted,
    judged,
    one_line,
    same_mean,
    skipped,
    untouched,
)
from bench.audit.probes import Range, policy
from bench.audit.seeds import seeds
from bench.audit.subject import Subject
from bench.core.errors import UsageError
from bench.core.lazy import tf
from bench.core.strategy import Strategy

CALLS = 60
HALF_CALLS = 30
SHAPES = {"vector": (256, 64), "sequence": (64, 16, 32), "map": (64, 8, 8, 16)}
"""Kind of a slot -> shape of the activations."""
AXES = {"vector": "features", "sequence": "positions, features", "map": "rows, columns, channels"}


def noise(subject: Subject, strategy: Strategy, pixels: Range, classes: int) -> list[Finding]:
    """Check a layer against the catalogue's technique, on activations of ones and on signed ones."""
    kind, call = found_kind(subject, strategy)
    ones = tf.ones(SHAPES[kind])
    progress = strongest(lambda share: strength(strategy, kind, share))
    layer, failure = layer_of(call, ones)
    reference, _ = traced(
        lambda values, number: reference_noise(strategy, kind, values, number, progress),
        ones,
        tf.constant(0),
        autograph=False,
    )
    measured, expected = sample(layer, ones), sample(reference, ones)
    return [
        *moments(measured, expected, strategy),
        *on_signed(layer, reference, kind),
        together(measured, expected, kind),
        evaluation(subject, signed(kind)),
        calls_differ(measured, expected, failure),
        seeds(subject, lambda seeded: np.stack(eagerly(seeded.fresh(), ones, 2))),
        *(sizes(subject, kind, size) for size in (7, 1)),
        *(half(subject, ones, expected, name) for name in ("mixed_float16", "mixed_bfloat16")),
    ]


def found_kind(subject: Subject, strategy: Strategy) -> tuple[str, Any]:
    """Return the first kind of activations that both take, and an instance that has seen it.

    Raises:
        UsageError: there is none.
    """
    reasons = []
    kinds = [kind for kind in SHAPES if any(strength(strategy, kind, m) for m in MOMENTS)]
    for kind in kinds:
        call = subject.fresh()
        try:
            shape = tuple(np.shape(applied(call, tf.ones(SHAPES[kind]))))
        except Exception as error:
            reasons.append(f"{kind} {list(SHAPES[kind])}: {one_line(error)}")
            continue
        if shape == SHAPES[kind]:
            return kind, call
        reasons.append(f"{kind} {list(SHAPES[kind])}: turned into {list(shape)}")
    if not reasons:
        raise UsageError(f"{strategy.facts.name} changes nothing at these settings")
    raise UsageError(f"{subject.address} fails on {'; '.join(reasons)}")


def strength(strategy: Strategy, kind: str, progress: float) -> float:
    """Return how much the technique changes activations of a kind; 0 where it cannot stand."""
    ones = tf.ones(SHAPES[kind])
    try:
        results = [reference_noise(strategy, kind, ones, i, progress) for i in range(3)]
    except Exception:
        return 0.0
    return float(sum(tf.reduce_mean(tf.abs(result - 1.0)) for result in results))


Layer: TypeAlias = Callable[[Any, Any], Any]
"""A function of activations and the number of the call."""


def layer_of(call: Any, values: Any) -> tuple[Layer, str]:
    """Return an instance as a layer that is traced once, and why not if that fails.

    A mask that Python or NumPy draws is then the same in all calls, as in a training.
    """

    def act(values: Any, number: Any) -> Any:
        return applied(call, values)

    act(values, 0)  # a layer cannot make its variables in a trace
    return traced(act, values, tf.constant(0))


def applied(call: Any, values: Any, training: bool = True) -> Any:
    """Call a layer or a function on activations."""
    return call(values, training=training) if takes_training(call) else call(values)


def sample(layer: Layer, values: Any, calls: int = CALLS) -> Any:
    """Return the results of several calls, [calls, ...]."""
    results = [layer(values, tf.constant(number)) for number in range(calls)]
    return np.stack([np.asarray(tf.cast(result, tf.float32)) for result in results])


def eagerly(call: Any, values: Any, calls: int) -> list[Any]:
    """Return the results of several calls without a trace."""
    return [np.asarray(tf.cast(applied(call, values), tf.float32)) for _ in range(calls)]


def moments(measured: Any, expected: Any, strategy: Strategy) -> list[Finding]:
    """Compare mean, share of zeros and spread of activations of one."""
    every = (
        ("expectation kept", lambda v: v.mean(), 0.01, "mean {:.3f}"),
        ("share of zeros", lambda v: (v == 0.0).mean(), 0.01, "{:.3f}"),
        ("spread", lambda v: v.std(), 0.02, "standard deviation {:.3f}"),
    )
    findings = []
    for check, statistic, least, words in every:
        ours, theirs = (np.array([statistic(v) for v in s]) for s in (measured, expected))
        wanted = f"{words.format(theirs.mean())}: {strategy.facts.equation}"
        found = words.format(ours.mean())
        findings.append(judged(check, wanted, found, same_mean(ours, theirs, least)))
    return findings


def signed(kind: str) -> Any:
    """Return activations of both signs and all sizes, of mean 0 and variance 1."""
    return tf.random.stateless_normal(SHAPES[kind], seed=(3, 1))


def on_signed(layer: Layer, reference: Layer, kind: str) -> list[Finding]:
    """Compare what ones cannot tell: that values stay, how noise grows with them, their gradient."""
    values = signed(kind)
    array = values.numpy()
    squares = np.square(array)

    def drawn(act: Layer, number: int) -> tuple[float, float, float]:
        with tf.GradientTape() as tape:
            tape.watch(values)
            result = tf.cast(act(values, tf.constant(number)), tf.float32)
        gradient = tape.gradient(result, values)
        passed = 0.0 if gradient is None else float(tf.reduce_mean(gradient))
        kept = float((result.numpy() * array).mean() / squares.mean())
        return kept, float((np.square(result.numpy() - array) * squares).mean()), passed

    wanted, found = (np.array([drawn(a, i) for i in range(CALLS)]) for a in (reference, layer))
    checks = (("values kept", 0.01), ("noise on large values", 0.05), ("gradient", 0.02))
    return [
        judged(
            check,
            f"{wanted[:, column].mean():.3f}",
            f"{found[:, column].mean():.3f}",
            same_mean(found[:, column], wanted[:, column], least),
        )
        for column, (check, least) in enumerate(checks)
    ]


def calls_differ(measured: Any, expected: Any, failure: str) -> Finding:
    """Calls of one trace have their own noise; a mask that stays correlates them.

    Args:
        measured: results for ones, [calls, ...].
        expected: the catalogue's.
        failure: reason why the layer could not be traced; empty if it was.
    """
    check, wanted = "calls differ", "new random numbers in each call of one trace"
    if failure:
        return judged(check, wanted, f"cannot be traced: {failure}", False)

    def likeness(results: Any) -> Any:
        rows = results.reshape(len(results), -1)
        rows = rows - rows.mean()
        return (rows[1:] * rows[:-1]).mean(1) / max(rows.var(), 1e-12)

    found = likeness(measured)
    fresh = same_mean(found, likeness(expected), 0.05)
    same = len(np.unique(measured.reshape(len(measured), -1), axis=0)) == 1
    words = f"correlation {found.mean():.2f} of successive calls"
    return judged(check, wanted, words, fresh and not same)


def together(measured: Any, expected: Any, kind: str) -> Finding:
    """Compare which axes are dropped as one: whole examples, channels, positions."""
    names = ["examples", *AXES[kind].split(", ")]

    def constant(values: Any) -> str:
        dropped = values == 0.0
        same = [n for i, n in enumerate(names, 1) if (dropped.any(i) == dropped.all(i)).all()]
        if not dropped.any():
            return "nothing is dropped"
        return f"alike along {', '.join(same)}" if same else "each value on its own"

    wanted, found = constant(expected), constant(measured)
    return judged("dropped together", wanted, found, wanted == found)


def evaluation(subject: Subject, values: Any) -> Finding:
    """In evaluation nothing changes."""
    call = subject.fresh()

    def changes() -> tuple[str, bool]:
        change = float(tf.reduce_max(tf.abs(applied(call, values, training=False) - values)))
        return f"values change by up to {change:.3g}", change == 0.0

    return untouched(takes_training(call), changes)


def sizes(subject: Subject, kind: str, size: int) -> Finding:
    """Odd batches keep their shape."""

    def measure() -> tuple[str, bool]:
        ones = tf.ones((size, *SHAPES[kind][1:]))
        result = applied(subject.fresh(), ones)
        return f"shape {list(result.shape)}", result.shape == ones.shape

    return attempted(f"a batch of {size}", "shape kept", measure)


def half(subject: Subject, ones: Any, expected: Any, name: str) -> Finding:
    """In mixed precision the share of zeros and the mean stay."""
    if not hasattr(subject.fresh(), "compute_dtype"):
        return skipped(name, "no Keras layer: a policy does not reach it")

    def measure() -> tuple[str, bool]:
        with policy(name):
            values = tf.cast(ones, name.removeprefix("mixed_"))
            got = np.stack(eagerly(subject.fresh(), values, HALF_CALLS))
        means, zeros = ((v.mean((*range(1, v.ndim),))) for v in (got, (got == 0.0)))
        wanted = [v.mean((*range(1, v.ndim),)) for v in (expected, (expected == 0.0))]
        fine = same_mean(means, wanted[0], 0.02) and same_mean(zeros, wanted[1], 0.01)
        return f"mean {means.mean():.3f}, zeros {zeros.mean():.3f}", fine

    wanted = f"mean {expected.mean():.3f}, zeros {(expected == 0.0).mean():.3f}"
    return attempted(name, wanted, measure)
