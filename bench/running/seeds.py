"""Seeds on which no earlier study has shown an effect.

A finding is confirmed by trials other than those that suggested it. So a study draws a first seed of
its own, and a declared comparison refuses seeds on which an earlier study showed its effect.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.core.canonical import canonical_hash
from bench.core.errors import BenchError, UsageError
from bench.core.record import file_stem
from bench.core.study import SMOKE_SEEDS, Arm, Seen, Study
from bench.storage.records import numbers
from bench.storage.store import STUDY, Store

SPACING = 1_000
"""Distance between first seeds of two studies."""
PLACES = 999


def draw(taken: Iterable[range], seeds: int) -> int:
    """Draw a first seed of a range that overlaps no taken one, if there is one."""
    ranges = list(taken)
    places = [SPACING * (1 + place) for place in range(PLACES)]
    free = [p for p in places if not any(overlap(range(p, p + seeds), r) for r in ranges)]
    return secrets.choice(free or places)


def studies_in(results: Path) -> Iterator[tuple[Study, Store]]:
    """Yield the readable studies of a results folder, and of the folders in it."""
    for pattern in (f"*/{STUDY}", f"*/*/{STUDY}"):
        for path in sorted(results.glob(pattern)):
            store = Store(path.parent)
            try:
                study = store.study()
            except BenchError:
                continue  # `bench report` says what is wrong with it
            if study is not None:
                yield study, store


def seen(
    study: Study, stored: Study | None, studies: Iterable[tuple[Study, Store]]
) -> tuple[Seen, ...]:
    """List the effects that other studies showed on seeds that are new for an arm.

    Args:
        study: study to come.
        stored: the same study as it is stored; its arms already have their seeds.
        studies: all studies.
    """
    seeds = study.seed_range(SPACING if study.sequential else None)
    own_seeds = {(arm.task, arm.name): stored.seed_range() for arm in stored.arms} if stored else {}
    questions = _questions(study)
    effects = []
    for earlier, store in studies:
        if earlier.name == study.name or not (
            earlier.sequential or overlap(earlier.seed_range(), seeds)
        ):
            continue
        earlier_questions = _questions(earlier)
        shared = questions.keys() & earlier_questions.keys()
        names = store.names() if shared else set()
        for question in (question for question in questions if question in shared):
            arm = questions[question]
            trained = numbers(names, file_stem(arm.task, earlier_questions[question].name))
            new = set(seeds) - set(own_seeds.get((arm.task, arm.name), ()))
            if overlapping := tuple(sorted(new.intersection(trained))):
                effects.append(
                    Seen(task=arm.task, arm=arm.name, study=earlier.name, seeds=overlapping)
                )
    return tuple(effects)


def check_fresh(study: Study, effects: Iterable[Seen]) -> None:
    """Refuse a declared comparison on seeds on which an earlier study showed its effect.

    Raises:
        UsageError: there is such a comparison.
    """
    if study.seeds < SMOKE_SEEDS and not study.sequential:
        return
    for effect in effects:
        if (effect.task, effect.arm) in study.family:
            raise UsageError(
                f"study {effect.study!r} showed the effect of {effect.arm} on {effect.task} on "
                f"{seeds_text(effect.seeds)}: a declared comparison needs seeds of its own; leave "
                "--first-seed out, or ask with --exploratory"
            )


def seeds_text(seeds: Iterable[int]) -> str:
    """Write seeds: `seed 3`, `seeds 0 to 9`, `seeds 0, 2, 5`."""
    listed = sorted(seeds)
    if len(listed) == 1:
        return f"seed {listed[0]}"
    if listed == list(range(listed[0], listed[-1] + 1)):
        return f"seeds {listed[0]} to {listed[-1]}"
    return f"seeds {', '.join(map(str, listed))}"


def _questions(study: Study) -> dict[str, Arm]:
    """Return the treatments of a study by the hash of their question."""
    return {_question(study, arm): arm for arm in study.arms if arm.role == "treatment"}


def _question(study: Study, arm: Arm) -> str:
    """Hash what decides an arm's effect beside the seed: data, recipes, strategies of both sides."""
    reference = study.arm(arm.task, arm.reference or arm.name)
    sides = [
        side.model_dump(mode="json", include={"recipe", "strategies"}) for side in (arm, reference)
    ]
    return canonical_hash([arm.task, study.data[arm.task], study.settings.get("precision"), sides])


def overlap(first: range, second: range) -> bool:
    """Return true if two ranges of seeds share one."""
    return first.start < second.stop and second.start < first.stop
