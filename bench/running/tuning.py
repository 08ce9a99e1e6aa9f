"""The same number of tuning trials for every arm, the baseline too, judged on validation.

Each arm searches its learning rate and the ranges that its strategy declares; point 0 is the default
setting, the others a scrambled Sobol sequence over the ranges, so more points refine fewer ones.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from pydantic import ValidationError
from scipy.stats import qmc

from bench.core.errors import UsageError
from bench.core.record import Finite, Name, Record, Schema
from bench.core.strategy import Strategy
from bench.core.study import BASELINE, Arm, Study
from bench.storage.files import write_atomic

LEARNING_RATE = (0.25, 8.0)
"""Of the recipe's learning rate: the range of factors that is searched, on a log scale."""


class TunedSetting(Schema):
    """What tuning chose for an arm."""

    learning_rate: Finite
    parameters: dict[str, bool | int | float | str] = {}
    """Of the arm's own strategy; empty for the baseline."""
    validation_accuracy: Finite
    default_validation_accuracy: Finite
    trials: int


class Tuned(Schema):
    """What `bench tune` writes and `bench run --tuned` reads: task -> arm -> setting."""

    profile: Name
    base: tuple[Name, ...] = ()
    points: int
    seeds: int
    data: dict[str, str]
    settings: dict[str, dict[str, TunedSetting]]


class Range(Schema):
    """One searched number."""

    name: str
    low: float
    high: float
    log: bool
    whole: bool = False

    def at(self, share: float) -> float | int:
        """The value at a share in [0, 1] of the range."""
        if self.log:
            value = math.exp(math.log(self.low) * (1 - share) + math.log(self.high) * share)
        else:
            value = self.low * (1 - share) + self.high * share
        return round(value) if self.whole else float(f"{value:.4g}")


def ranges(strategy: Strategy | None) -> list[Range]:
    """What an arm searches: the learning rate's factor, then its strategy's declared ranges."""
    found = [Range(name="learning_rate", low=LEARNING_RATE[0], high=LEARNING_RATE[1], log=True)]
    for declared in dataclasses.fields(strategy) if strategy is not None else ():
        tune = declared.metadata.get("tune")
        if tune is not None:
            whole = isinstance(declared.default, int)
            log = bool(declared.metadata["log"])
            found.append(Range(name=declared.name, low=tune[0], high=tune[1], log=log, whole=whole))
    return found


def points(searched: Sequence[Range], count: int) -> Iterator[dict[str, float | int]]:
    """`count` points after the default one; the same ones each time."""
    if count < 1:
        return
    size = 2 ** math.ceil(math.log2(count)) if count > 1 else 1
    for shares in qmc.Sobol(len(searched), seed=20).random(size)[:count]:
        yield {r.name: r.at(float(share)) for r, share in zip(searched, shares, strict=True)}


def point_name(arm: str, number: int) -> str:
    """The name of an arm at a point; point 0 is the arm itself."""
    return arm if number == 0 else f"{arm}[point {number}]"


def choose(study: Study, records: Sequence[Record], count: int, names: Mapping[str, str]) -> Tuned:
    """The point of each arm with the best mean validation accuracy at the end of training.

    Args:
        study: the tuning study.
        records: its records; a point with a missing seed is not chosen.
        count: points of each arm, the default one included.
        names: arm -> its own strategy ("" for the baseline).
    """
    reached: dict[tuple[str, str], list[float]] = {}
    for record in records:
        accuracy = record.final.validation_accuracy if record.final else 1 / record.classes
        reached.setdefault((record.task, record.arm), []).append(accuracy)
    chosen: dict[str, dict[str, TunedSetting]] = {}
    for task in study.data:
        for name, own in names.items():
            tried = {
                point: reached.get((task, point), [])
                for point in (point_name(name, index) for index in range(count))
            }
            whole = {point: fmean(a) for point, a in tried.items() if len(a) >= study.seeds}
            if name not in whole:
                continue
            # A tie goes to the default setting, which comes first.
            best = max(whole, key=whole.__getitem__)
            arm = study.arm(task, best)
            chosen.setdefault(task, {})[name] = TunedSetting(
                learning_rate=arm.recipe["learning_rate"],
                parameters=own_parameters(arm, own),
                validation_accuracy=whole[best],
                default_validation_accuracy=whole[name],
                trials=len(whole) * study.seeds,
            )
    return Tuned(
        profile=study.profile,
        base=tuple(use.name for use in study.base),
        points=count,
        seeds=study.seeds,
        data=study.data,
        settings=chosen,
    )


def own_parameters(arm: Arm, strategy: str) -> dict[str, bool | int | float | str]:
    for use in arm.strategies:
        if use.name == strategy:
            return use.parameters
    return {}


def write(tuned: Tuned, path: Path) -> None:
    write_atomic(path, (json.dumps(tuned.model_dump(mode="json"), indent=1) + "\n").encode())


def read(path: Path) -> Tuned:
    """A file of `bench tune`.

    Raises:
        UsageError: it is missing or no such file.
    """
    try:
        return Tuned.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--tuned {path}: {error.strerror}; `bench tune` writes it") from None
    except (ValidationError, ValueError):
        raise UsageError(f"--tuned {path} is no file of `bench tune`; write it again") from None


def check(tuned: Tuned, profile: str, base: Sequence[str], tasks: Sequence[str]) -> None:
    """Refuse settings that were chosen for something else than what is asked for."""
    if (tuned.profile, tuned.base) != (profile, tuple(base)):
        raise UsageError(
            f"the tuned settings are for profile {tuned.profile!r} and base "
            f"{'+'.join(tuned.base) or 'none'}; tune again, or ask for those"
        )
    for task in tasks:
        if BASELINE not in tuned.settings.get(task, {}):
            raise UsageError(f"the tuned settings have none for {task!r}; tune it too")
