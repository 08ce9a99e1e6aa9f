"""`advice.json`: the state of an advice, from which a killed one continues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from bench.advising.rounds import Round, Stack
from bench.core.errors import UsageError
from bench.core.metric import OBJECTIVE
from bench.core.record import Count, Finite, Name, Schema
from bench.storage.files import write_atomic

ADVICE = "advice.json"
CHOOSING = "choosing"
"""Name of the study, inside the advice's folder, that holds the trials of the choice."""


class RoundState(Schema):
    """A round, its progress and its result."""

    round: Round
    seconds: Finite = 0.0
    """Seconds of the budget that it took, so far if it still runs."""
    jobs: Annotated[int, Field(ge=1)] = 1
    """Trials side by side."""
    starts: Count = 1
    """Number of times that workers started for it; later rounds find them waiting."""
    ended: bool = False
    """True if all its trials are trained or its time is over."""
    result: str = ""
    """Estimates after the round, in words."""


class Advice(Schema):
    """An advice: the request, and its progress."""

    name: Name
    profile: Name
    task: Name
    base: tuple[Name, ...] = ()
    settings: dict[str, str] = {}
    objective: Name = OBJECTIVE
    """Name of the objective, one of `bench.core.metrics.objectives`."""
    strategies: tuple[Name, ...]
    """Requested techniques."""
    budget: Finite
    """Seconds."""
    first_seed: Count
    """Smallest seed of the choice."""
    confirmation_seed: Count
    """Smallest seed of the confirmation."""
    techniques: tuple[Name, ...] = ()
    """Techniques that apply and fit into the budget; empty before the probe."""
    left_out: dict[str, str] = {}
    """Technique -> the reason why it was left out."""
    timing_seconds: Finite = 0.0
    """Seconds of the budget that step times took."""
    rounds: tuple[RoundState, ...] = ()
    family: tuple[tuple[Name, ...], ...] = ()
    """Stacks to confirm, declared when the choice ends; empty until then."""
    carried: tuple[str, ...] = ()
    """Estimated share of each member of the stack, in words."""
    confirmation_seconds: Finite = 0.0
    finished: bool = False

    @property
    def spent(self) -> float:
        """Return the seconds of the budget that are spent."""
        rounds = sum(state.seconds for state in self.rounds)
        return rounds + self.timing_seconds + self.confirmation_seconds

    @property
    def stack(self) -> Stack:
        """Return the chosen stack, or the strongest candidate."""
        return self.family[0] if self.family else ()


ASKED = ("profile", "task", "base", "settings", "objective", "strategies", "budget")
"""Fields that must be the same in the command that continues an advice."""


def read_advice(folder: Path) -> Advice | None:
    """Read the advice of a folder; None if it holds none.

    Raises:
        UsageError: the file is damaged.
    """
    path = folder / ADVICE
    if not path.exists():
        return None
    try:
        return Advice.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError):
        raise UsageError(f"{path} is damaged; restore it, or choose another --name") from None


def write_advice(folder: Path, advice: Advice) -> None:
    """Write the advice of a folder, whole or not at all."""
    text = json.dumps(advice.model_dump(mode="json"), indent=1)
    write_atomic(folder / ADVICE, (text + "\n").encode())


def continued(stored: Advice, asked: Advice) -> Advice:
    """Return the stored advice with the requested changes, to continue it.

    Its budget and its techniques may change until the first round after the probe.

    Raises:
        UsageError: another field differs.
    """
    if all(state.round.stage == "probe" for state in stored.rounds):
        free = {"strategies": asked.strategies, "budget": asked.budget}
        stored = stored.model_copy(update={**free, "techniques": (), "left_out": {}})
    for field in ASKED:
        if getattr(stored, field) != getattr(asked, field):
            raise UsageError(
                f"advice {stored.name!r} exists with another {field} ({getattr(stored, field)!r}, "
                f"asked for: {getattr(asked, field)!r}); choose another --name"
            )
    return stored
