"""Tuning with equal effort: every arm, baseline included, is chosen from equally many settings.

Settings are judged on validation, by the score that `bench advise` takes for the metric that the study
judges, or by accuracy where it has none. Each arm searches its learning rate and the ranges that its
strategy declares. Point 0 is the default setting. The next four differ from it in one number. The others
are a scrambled Sobol sequence over the ranges, so more points refine fewer ones.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from pydantic import ValidationError

from bench.core.errors import UsageError
from bench.core.metric import JUDGED
from bench.core.metrics import metric_of, objective_for
from bench.core.record import Finite, Name, Record, Schema
from bench.core.strategy import Strategy
from bench.core.study import BASELINE, Arm, Study
from bench.storage.files import write_atomic

LEARNING_RATE = (0.25, 8.0)
"""Factors of the recipe's learning rate that bound the search, on a log scale."""
FACTORS = (0.33, 3.0, 0.6, 1.7)
"""Factors of the recipe's learning rate that are tried first."""


class TunedSetting(Schema):
    """The setting that tuning chose for an arm."""

    learning_rate: Finite
    parameters: dict[str, bool | int | float | str] = {}
    """Parameters of the arm's own strategy; empty for the baseline."""
    validation_accuracy: Finite | None = None
    default_validation_accuracy: Finite | None = None
    """None before a trial."""
    trials: int = 0
    """Number of trials at full length from which it was chosen."""


class Shortening(Schema):
    """The order of a baseline's settings in short trainings, compared with that in whole ones."""

    pairs: int
    """Number of pairs of settings that both lengths tell apart."""
    ordered: int
    """Number of these pairs that both lengths order alike."""
    loss: Finite
    """Score of the best setting beside the default, less that of the one chosen by short trainings."""
    most: Finite
    """Largest loss with which short trainings choose."""
    unit: str
    """Unit of both."""

    @property
    def holds(self) -> bool:
        return self.pairs > 0 and self.loss <= self.most


class Tuned(Schema):
    """The file that `bench tune` writes and `bench run --tuned` reads."""

    profile: Name
    base: tuple[Name, ...] = ()
    points: int
    seeds: int
    first_seed: int = 0
    """Smallest seed of the trials that chose the settings; 0 in files of older versions."""
    judged: Name = JUDGED
    """Metric that the tuning study judged."""
    short: Finite = 1.0
    """Share of the steps of the short trials; 1 if there were none."""
    shortened: dict[str, Shortening | None] = {}
    """Task -> check of the short trials; null if a trial of its baseline failed."""
    cost: Finite = 1.0
    """Steps that were trained, as a share of those of every setting at full length."""
    data: dict[str, str]
    settings: dict[str, dict[str, TunedSetting]]
    """Task -> arm -> setting."""


class Range(Schema):
    """The range of one searched number."""

    name: str
    low: float
    high: float
    log: bool
    whole: bool = False

    def at(self, share: float) -> float | int:
        """Return the value at a share in [0, 1] of the range."""
        if self.log:
            value = math.exp(math.log(self.low) * (1 - share) + math.log(self.high) * share)
        else:
            value = self.low * (1 - share) + self.high * share
        return round(value) if self.whole else float(f"{value:.4g}")


def ranges(strategy: Strategy | None) -> list[Range]:
    """Return the ranges that an arm searches: a factor of the learning rate, then its strategy's."""
    searched = [Range(name="learning_rate", low=LEARNING_RATE[0], high=LEARNING_RATE[1], log=True)]
    for field in dataclasses.fields(strategy) if strategy is not None else ():
        if (limits := field.metadata.get("tune")) is not None:
            low, high = limits
            log, whole = bool(field.metadata["log"]), isinstance(field.default, int)
            searched.append(Range(name=field.name, low=low, high=high, log=log, whole=whole))
    return searched


def points(searched: Sequence[Range], count: int) -> Iterator[dict[str, float | int]]:
    """Yield `count` points after the default one, the same at each call.

    First come points that differ from the default in one number, the rate and the own ranges by turns:
    a third and three times the rate, a quarter and three quarters of a range. Sobol points follow. An
    arm without ranges of its own has more rates instead.
    """
    from scipy.stats import qmc

    apart = list(_apart(searched))
    yield from apart[:count]
    count -= len(apart)
    if count < 1:
        return
    size = 2 ** math.ceil(math.log2(count)) if count > 1 else 1
    for shares in qmc.Sobol(len(searched), seed=20).random(size)[:count]:
        yield {r.name: r.at(float(share)) for r, share in zip(searched, shares, strict=True)}


def _apart(searched: Sequence[Range]) -> Iterator[dict[str, float | int]]:
    rate, *own = searched
    if not own:
        yield from ({rate.name: factor} for factor in FACTORS)
        return
    for factor, searched_range, share in ((FACTORS[0], own[0], 0.25), (FACTORS[1], own[-1], 0.75)):
        yield {rate.name: factor}
        yield {searched_range.name: searched_range.at(share)}


def point_name(arm: str, number: int) -> str:
    """Name an arm at a point. Point 0 is the arm itself."""
    return arm if number == 0 else f"{arm}[point {number}]"


def defaults(study: Study, count: int, strategies: Mapping[str, str]) -> Tuned:
    """Return the default setting of each arm of a tuning study, before any trial."""
    settings: dict[str, dict[str, TunedSetting]] = {}
    for arm in study.arms:
        if arm.name in strategies:
            settings.setdefault(arm.task, {})[arm.name] = TunedSetting(
                learning_rate=arm.recipe["learning_rate"],
                parameters=_parameters(arm, strategies[arm.name]),
            )
    return _tuned(study, count, settings)


def choose(
    study: Study,
    records: Sequence[Record],
    count: int,
    strategies: Mapping[str, str],
    kept: Mapping[tuple[str, str], Sequence[str]] | None = None,
) -> Tuned:
    """Choose the point of each arm with the best mean score on validation at the end of training.

    Args:
        study: tuning study.
        records: its records. A point with a missing seed is not chosen.
        count: points of each arm, the default one included.
        strategies: arm -> its own strategy ("" for the baseline).
        kept: (task, arm) -> the points that may be chosen; None for all of them.
    """
    complete, scores = complete_records(study, records), mean_scores(study, records)
    chosen: dict[str, dict[str, TunedSetting]] = {}
    for task in study.data:
        for name, strategy in strategies.items():
            names = [point_name(name, index) for index in range(count)]
            if kept is not None:
                names = [point for point in names if point in kept.get((task, name), ())]
            means = {point: scores[task, point] for point in names if (task, point) in scores}
            if name not in means:
                continue
            best = max(means, key=means.__getitem__)  # the default is first, so it wins a tie
            arm = study.arm(task, best)
            chosen.setdefault(task, {})[name] = TunedSetting(
                learning_rate=arm.recipe["learning_rate"],
                parameters=_parameters(arm, strategy),
                validation_accuracy=fmean(map(_validation_accuracy, complete[task, best])),
                default_validation_accuracy=fmean(map(_validation_accuracy, complete[task, name])),
                trials=len(means) * study.seeds,
            )
    return _tuned(study, count, chosen)


def complete_records(
    study: Study, records: Sequence[Record]
) -> dict[tuple[str, str], list[Record]]:
    """Return (task, arm) -> its records, for arms that have all seeds."""
    trials: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        trials.setdefault((record.task, record.arm), []).append(record)
    return {arm: made for arm, made in trials.items() if len(made) >= study.seeds}


def mean_scores(study: Study, records: Sequence[Record]) -> dict[tuple[str, str], float]:
    """Return (task, arm) -> mean score on validation, for arms that have all seeds."""
    score = objective_for(study.metric).score
    complete = complete_records(study, records)
    return {arm: fmean(map(score, made)) for arm, made in complete.items()}


def _tuned(study: Study, count: int, settings: dict[str, dict[str, TunedSetting]]) -> Tuned:
    return Tuned(
        profile=study.profile,
        base=tuple(use.name for use in study.base),
        points=count,
        seeds=study.seeds,
        first_seed=study.first_seed,
        judged=study.judged,
        data=study.data,
        settings=settings,
    )


def _validation_accuracy(record: Record) -> float:
    """Return the accuracy of a trial on validation; that of a guess if it diverged."""
    return record.final.validation_accuracy if record.final else 1 / record.classes


def _parameters(arm: Arm, strategy: str) -> dict[str, bool | int | float | str]:
    return next((use.parameters for use in arm.strategies if use.name == strategy), {})


def write(tuned: Tuned, path: Path) -> None:
    """Write a file for `bench run --tuned`."""
    write_atomic(path, (json.dumps(tuned.model_dump(mode="json"), indent=1) + "\n").encode())


def read(path: Path) -> Tuned:
    """Read a file of `bench tune`.

    Raises:
        UsageError: it is missing, or no file of `bench tune`.
    """
    try:
        return Tuned.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"--tuned {path}: {error.strerror}; `bench tune` writes it") from None
    except (ValidationError, ValueError):
        raise UsageError(f"--tuned {path} is no file of `bench tune`; write it again") from None


def check_seeds(tuned: Tuned, study: Study) -> None:
    """Refuse to judge settings on the seeds that chose them.

    Raises:
        UsageError: the study has such a seed.
    """
    chosen_on = range(tuned.first_seed, tuned.first_seed + tuned.seeds)
    if shared := set(chosen_on).intersection(study.seed_range()):
        raise UsageError(
            f"the settings were tuned on seed {min(shared)} too: they would be judged on what chose "
            "them; leave --first-seed out, or tune on other seeds"
        )


def check(
    tuned: Tuned, profile: str, base: Sequence[str], tasks: Sequence[str], judged: str = JUDGED
) -> None:
    """Refuse settings that were chosen for another profile, base or task, or by another score.

    Raises:
        UsageError: they were.
    """
    if (tuned.profile, sorted(tuned.base)) != (profile, sorted(base)):
        raise UsageError(
            f"the tuned settings are for profile {tuned.profile!r} and base "
            f"{'+'.join(tuned.base) or 'none'}; tune again, or ask for those"
        )
    chosen_by, asked = (objective_for(metric_of(name)) for name in (tuned.judged, judged))
    if chosen_by != asked:
        raise UsageError(
            f"the tuned settings were chosen by {chosen_by.criterion}, and {judged} is judged: tune "
            f"again with --judge {judged}"
        )
    for task in tasks:
        if BASELINE not in tuned.settings.get(task, {}):
            raise UsageError(
                f"the tuned settings have none for {task!r}: it was not tuned, or a trial of its "
                "baseline failed (`--retry failed` runs it again)"
            )
