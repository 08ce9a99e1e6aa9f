"""Which machine and software measured what of a study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.analysis.frames import canonical_hash
from bench.core.record import Record, StepTime


@dataclass(frozen=True)
class Place:
    """One environment, and how much was measured there."""

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
    """Every environment that something was measured in, the one of most trials first."""
    known: dict[str, Mapping[str, Any]] = {}
    counted: dict[str, Counter[str]] = {}
    for kind, measured in (("trials", records), ("step_times", step_times)):
        for one in measured:
            key = canonical_hash(one.environment)
            known.setdefault(key, one.environment)
            counted.setdefault(key, Counter())[kind] += 1
    found = [Place(known[key], n["trials"], n["step_times"]) for key, n in counted.items()]
    return sorted(found, key=lambda place: (-place.trials, -place.step_times))
