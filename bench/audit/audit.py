"""The audit of an implementation, by the stages that its technique changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from bench.audit.augmentation import augmentation
from bench.audit.claim import claimed
from bench.audit.finding import Finding, one_line
from bench.audit.losses import losses
from bench.audit.mixing import mixing
from bench.audit.noise import noise
from bench.audit.probes import EXAMPLES, Range
from bench.audit.subject import found
from bench.core.errors import BenchError, UsageError
from bench.core.lazy import keras
from bench.core.strategy import BATCH_STAGES, STAGES, Strategy
from bench.plugins.registry import Registry

Checks: TypeAlias = Callable[..., list[Finding]]


class Audit(NamedTuple):
    """The findings on an implementation."""

    strategy: Strategy
    findings: list[Finding]

    @property
    def differs(self) -> bool:
        """True if a check found a difference."""
        return any(one.verdict == "differs" for one in self.findings)


def checks_of(strategy: Strategy) -> Checks:
    """Choose the checks by the stages that a technique changes.

    Raises:
        UsageError: it changes something that no check looks at.
    """
    touched = {stage for stage in STAGES if strategy.touches(stage)}
    images = "image" in strategy.facts.modalities
    if touched and touched <= set(BATCH_STAGES) and images:
        return mixing if strategy.facts.family == "mixing" else augmentation
    free = strategy.facts.cost == "free" and not strategy.touches("state")
    if touched == {"loss"} and free:
        return losses
    if touched and touched <= {"noise", "merge"}:
        return noise
    raise UsageError(
        f"no checks for {strategy.facts.name}, which changes {', '.join(sorted(touched))}; there are "
        "some for techniques that mix or augment pictures, for losses and for noise on activations"
    )


def audit(
    registry: Registry,
    address: str,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    expected: Mapping[str, Any] | None = None,
    high: float | None = None,
    seed: int = 0,
) -> Audit:
    """Hold an implementation against the catalogue's checks.

    Args:
        registry: the catalogue.
        address: of the implementation, `module:object` or `FILE.py:object`.
        name: the technique that it claims to be; None: guessed from its name.
        settings: its arguments.
        expected: parameters of the technique; default: the implementation's own, by their names.
        high: largest value of a pixel; None: its own `value_range`, else 255.
        seed: of all random numbers.
    """
    keras.utils.set_random_seed(seed)
    subject = found(address, settings or {})
    strategy = claimed(registry, subject, name, expected or {})
    checks = checks_of(strategy)
    known = subject.known()
    pixels = _pixels(known.get("value_range"), high)
    classes = known.get("num_classes", known.get("classes"))
    classes = classes if isinstance(classes, int) and classes > 1 else EXAMPLES
    try:
        return Audit(strategy, checks(subject, strategy, pixels, classes))
    except BenchError:
        raise
    except Exception as error:  # of the user's code, at a later call than those that a check tries
        raise UsageError(f"{address} raises: {one_line(error)}") from error


def _pixels(value_range: object, high: float | None) -> Range:
    """Return the range of a pixel: up to `high` if it is given, else the implementation's own.

    A range that the implementation does not tell is 0 to 255.

    Raises:
        UsageError: the range is not two rising numbers.
    """
    if not isinstance(value_range, tuple | list):
        return Range(0.0, 255.0 if high is None else high)
    numbers = [value for value in value_range if isinstance(value, int | float)]
    if (
        len(value_range) != 2
        or len(numbers) != 2
        or not (-math.inf < numbers[0] < numbers[1] < math.inf)
    ):
        raise UsageError(f"its value_range is {value_range}; it is two numbers, the smaller first")
    low, own = map(float, numbers)
    if high is None:
        return Range(low, own)
    return Range(low if low < high else 0.0, high)
