"""A stored study that grows: more arms and seeds, edited code, a renamed folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.core.errors import UsageError
from bench.core.record import file_stem
from bench.core.study import Seen, Study
from bench.plugins.registry import Registry
from bench.running.seeds import check_fresh, seen, studies_in
from bench.running.source_code import changed_arms, was_edited, with_code
from bench.storage.store import Store

ArmKey = tuple[str, str]
"""Task and name of an arm."""


class Growth(NamedTuple):
    """The study to write, and the measurements that it replaces."""

    study: Study
    edited: Mapping[ArmKey, Sequence[str]]
    """Arm whose code differs from that of its measurements -> the difference."""
    seen: Sequence[Seen]
    """Effects that other studies showed on seeds to come."""


def grown(store: Store, request: Study, registry: Registry) -> Growth:
    """Add a requested study to the stored one; give every arm its current code.

    Raises:
        UsageError: the two differ in data, recipe, base, seeds or settings, the folder was renamed, or
            an earlier study showed the effect of a declared comparison on these seeds.
    """
    stored = store.study()
    study, edited = request, {}
    if stored is not None:
        check_folder(store, stored)
        study = stored.extended(request)
        if study.seeds > stored.seeds and was_judged(store, stored):
            study = study.model_copy(update={"seeds_before": (*stored.seeds_before, stored.seeds)})
        present = with_code(study, registry)
        study, edited = present, changed_arms(study, present)
    if study.synthetic:  # it gets no verdict
        return Growth(study, edited, ())
    effects = seen(study, stored, studies_in(store.folder.parent))
    check_fresh(study, effects)
    all_seen = tuple(dict.fromkeys((*study.seen, *effects)))
    return Growth(study.model_copy(update={"seen": all_seen}), edited, effects)


def was_judged(store: Store, study: Study) -> bool:
    """Return true if the verdicts of a stored study could be seen."""
    return study.is_judged() and not store.missing(study)


def check_folder(store: Store, study: Study) -> None:
    """Refuse to write to a study whose folder was renamed: its records carry the old name.

    Raises:
        UsageError: the folder has another name than the study.
    """
    folder = store.folder.resolve()
    if folder.name != study.name:
        raise UsageError(
            f"{store.folder} holds the study {study.name!r}: the folder was renamed; rename it to "
            f"{study.name!r}, or choose another --name"
        )


def check_code(study: Study, registry: Registry) -> None:
    """Refuse to measure more of a study whose code was edited.

    Raises:
        UsageError: the code of an arm is not that of its other measurements.
    """
    edited = changed_arms(study, with_code(study, registry))
    if edited:
        raise UsageError(
            f"{_was_edited(edited)} after study {study.name!r} was measured; `bench run --retry "
            "changed` measures its arms again"
        )


def check_open(store: Store) -> None:
    """Refuse to write to a compact study, which is finished.

    Raises:
        UsageError: the study is compact.
    """
    if store.is_compact():
        raise UsageError(
            f"{store.folder} is a finished study and stays as it is: `bench report "
            f"{store.folder}` shows it, `bench run` with another --name runs it again, and `bench "
            f"compact --undo {store.folder}` opens it"
        )


def replace_edited(store: Store, growth: Growth, retrain: bool) -> Study:
    """Move the measurements of edited arms aside, so that these arms are measured again.

    Edited arms leave the declared family if their verdicts could be seen. An arm without measurements
    takes its new code silently.

    Args:
        retrain: true to replace measurements, false to refuse that.

    Raises:
        UsageError: there are measurements, and `retrain` is false.
    """
    study, names = growth.study, {key: file_stem(*key) for key in growth.edited}
    measured = {key: growth.edited[key] for key, f in names.items() if store.has_numbered(f)}
    if measured and not retrain:
        raise UsageError(
            f"{_was_edited(measured)} after study {study.name!r} was measured; --retry changed "
            "measures its arms again, another --name keeps both"
        )
    stored = store.study()
    if measured and stored is not None and was_judged(store, stored):
        family = tuple(key for key in study.family if key not in measured)
        study = study.model_copy(update={"family": family})
    for files in names.values():
        store.replace(files)
    return study


def _was_edited(edited: Mapping[ArmKey, Sequence[str]]) -> str:
    return was_edited(name for names in edited.values() for name in names)
