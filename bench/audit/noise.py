"""Checks of layers that disturb activations in training, as dropout does."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.audit.calling import takes_training
from bench.audit.claim import reference_noise
from bench.audit.finding import Finding, attempted, judged, one_line, same_mean, skipped
from bench.audit.probes import policy
from bench.audit.subject import Subject, with_settings
from bench.core.errors import UsageError
from bench.core.lazy import tf
from bench.core.strategy import Strategy

CALLS = 60
SHAPES = {"vector": (256, 64), "sequence": (64, 16, 32), "map": (64, 8, 8, 16)}
"""Kind of a slot -> shape of the activations."""
AXES = {"vector": "features", "sequence": "positions, features", "map": "rows, columns, channels"}


def noise(subject: Subject, strategy: Strategy, high: float, classes: int) -> list[Finding]:
    """Check a layer against the catalogue's technique, on activations of ones and on signed ones."""
    kind, measured = sampled(subject, strategy)
    ones = tf.ones(SHAPES[kind])
    expected = np.stack(
        [np.asarray(reference_noise(strategy, kind, ones, i)) for i in range(CALLS)]
    )
    return [
        *moments(measured, expected, strategy),
        *on_signed(subject, strategy, kind),
        together(measured, expected, kind),
        evaluation(subject, signed(kind)),
        judged(
            "calls differ",
            "new random numbers in each call",
            f"{len(np.unique(measured.reshape(CALLS, -1), axis=0))} different ones in {CALLS} calls",
            not np.array_equal(measured[0], measured[1]),
        ),
        seeds(subject, ones),
        *(sizes(subject, kind, size) for size in (7, 1)),
        *(half(subject, ones, expected, name) for name in ("mixed_float16", "mixed_bfloat16")),
    ]


def sampled(subject: Subject, strategy: Strategy) -> tuple[str, Any]:
    """Return the first kind of activations that both take, and results for it [calls, ...].

    Raises:
        UsageError: there is none.
    """
    reasons = []
    for kind in (kind for kind in SHAPES if acts(strategy, kind)):
        try:
            measured = sample(subject, tf.ones(SHAPES[kind]))
        except Exception as error:
            reasons.append(f"{kind} {list(SHAPES[kind])}: {one_line(error)}")
            continue
        if measured.shape[1:] == SHAPES[kind]:
            return kind, measured
        reasons.append(f"{kind} {list(SHAPES[kind])}: turned into {list(measured.shape[1:])}")
    if not reasons:
        raise UsageError(f"{strategy.facts.name} changes nothing at these settings")
    raise UsageError(f"{subject.address} fails on {'; '.join(reasons)}")


def acts(strategy: Strategy, kind: str) -> bool:
    """Return true if the technique changes activations of a kind."""
    try:
        results = [reference_noise(strategy, kind, tf.ones(SHAPES[kind]), i) for i in range(3)]
    except Exception:
        return False  # not a place where this technique can stand
    return any(bool(tf.reduce_any(result != 1.0)) for result in results)


def applied(call: Any, values: Any, training: bool = True) -> Any:
    """Call a layer or a function on activations."""
    return call(values, training=training) if takes_training(call) else call(values)


def sample(subject: Subject, values: Any, calls: int = CALLS) -> Any:
    """Return the results of several calls of one instance, [calls, ...]."""
    call = subject.fresh()
    return np.stack([np.asarray(tf.cast(applied(call, values), tf.float32)) for _ in range(calls)])


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


def on_signed(subject: Subject, strategy: Strategy, kind: str) -> list[Finding]:
    """Compare what ones cannot tell: that values stay, how noise grows with them, their gradient."""
    values = signed(kind)
    squares = np.square(values)
    call = subject.fresh()

    def ours(_: int, given: Any) -> Any:
        return applied(call, given)

    def theirs(number: int, given: Any) -> Any:
        return reference_noise(strategy, kind, given, number)

    def kept(result: Any) -> float:
        return float((result * values).numpy().mean() / squares.mean())

    def grown(result: Any) -> float:
        return float((np.square(result - values) * squares).mean())

    def passed(act: Any, number: int) -> float:
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = tf.reduce_sum(tf.cast(act(number, values), tf.float32))
        gradient = tape.gradient(total, values)
        return 0.0 if gradient is None else float(tf.reduce_mean(gradient))

    def drawn(act: Any) -> Any:
        results = [tf.cast(act(number, values), tf.float32) for number in range(CALLS)]
        rows = [(kept(result), grown(result)) for result in results]
        gradients = [passed(act, number) for number in range(CALLS)]
        return np.column_stack([rows, gradients])

    wanted, found = drawn(theirs), drawn(ours)
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
    if not takes_training(call):
        return skipped("evaluation untouched", "it has no argument `training`")

    def measure() -> tuple[str, bool]:
        change = float(tf.reduce_max(tf.abs(applied(call, values, training=False) - values)))
        return f"values change by up to {change:.3g}", change == 0.0

    return attempted("evaluation untouched", "no change at training=False", measure)


def seeds(subject: Subject, ones: Any) -> Finding:
    """The same seed gives the same noise."""
    if not subject.takes("seed"):
        return skipped("a seed repeats", "it has no argument `seed`")

    def measure() -> tuple[str, bool]:
        results = []
        for _ in range(2):
            tf.random.set_seed(7)
            results.append(sample(with_settings(subject, seed=7), ones, 2))
        first, second = results
        same = np.array_equal(first, second)
        return ("the same noise" if same else "other noise"), bool(same)

    return attempted("a seed repeats", "two instances with seed=7 agree", measure)


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
            got = sample(subject, tf.cast(ones, name.removeprefix("mixed_")))
        means, zeros = ((v.mean((*range(1, v.ndim),))) for v in (got, (got == 0.0)))
        wanted = [v.mean((*range(1, v.ndim),)) for v in (expected, (expected == 0.0))]
        fine = same_mean(means, wanted[0], 0.02) and same_mean(zeros, wanted[1], 0.01)
        return f"mean {means.mean():.3f}, zeros {zeros.mean():.3f}", fine

    wanted = f"mean {expected.mean():.3f}, zeros {(expected == 0.0).mean():.3f}"
    return attempted(name, wanted, measure)
