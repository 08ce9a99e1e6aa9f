"""Trials of several arms that are one training, and are trained once.

A technique whose tuned setting is its default is in a study twice: beside the baseline and beside the
tuned baseline.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.core.canonical import canonical_hash
from bench.core.record import Record
from bench.core.study import Arm, Trial
from bench.storage.store import Store

TRAINED_AS = "trained_as"
"""Fact of a record that was copied: the arm under whose name it was trained."""


def first_of_each(trials: Sequence[Trial]) -> list[Trial]:
    """Return the first trial of each training."""
    return list({_training(t.arm, t.seed): t for t in reversed(trials)}.values())[::-1]


def copy_trained(store: Store, trials: Sequence[Trial]) -> list[Trial]:
    """Store the records of trials that were trained for another arm; return the other trials.

    Raises:
        BenchError: a record could not be written.
    """
    trained = {_training(record, record.seed): record for record in store.records().records}
    remaining = []
    for trial in trials:
        record = trained.get(_training(trial.arm, trial.seed))
        if record is None:
            remaining.append(trial)
        else:
            store.write(_named(record, trial.arm.name))
    return remaining


def _training(of: Arm | Record, seed: int) -> str:
    """Return a hash of everything that decides a training of a study."""
    values = of.model_dump(mode="json", include={"task", "recipe", "strategies", "streams", "code"})
    return canonical_hash([values, seed], 64)


def _named(record: Record, arm: str) -> Record:
    facts = {TRAINED_AS: record.arm, **record.facts}
    return record.model_copy(update={"arm": arm, "facts": facts})
