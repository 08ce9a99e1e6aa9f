"""Machines and software that measured a study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.core.canonical import canonical_hash
from bench.core.record import Record, StepTime


@dataclass(frozen=True)
class Place:
    """One environment, and the number of measurements made there."""

    environment: Mapping[str, Any]
    trials: int
    step_times: int

    @property
    def caption(self) -> str:
        """`Measured 84 trials and 12 step times`."""
        counts = ((self.trials, "trial"), (self.step_times, "step time"))
        parts = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in counts if n]
        return f"Measured {' and '.join(parts)}"


def places(records: Iterable[Record], step_times: Iterable[StepTime]) -> list[Place]:
    """List the environments of a study, the one with the most trials first."""
    environments: dict[str, Mapping[str, Any]] = {}
    counts: list[Counter[str]] = []
    for measurements in (records, step_times):
        by_hash = [(canonical_hash(m.environment), m.environment) for m in measurements]
        environments = dict(by_hash) | environments
        counts.append(Counter(key for key, _ in by_hash))
    places = [Place(environments[key], *(n[key] for n in counts)) for key in environments]
    return sorted(places, key=lambda place: (-place.trials, -place.step_times))
