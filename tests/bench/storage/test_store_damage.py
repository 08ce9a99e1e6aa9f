"""The store against damaged bytes: never a wrong number, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.core.errors import UsageError
from bench.core.record import Record
from bench.storage.store import Store, compact
from tests.bench.measured import filled, record, study


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return filled(tmp_path)


def mutations() -> st.SearchStrategy[list[tuple[str, int, bytes]]]:
    """Draw edits of a file: the place (in thousandths of its length), the kind, the bytes."""
    kind = st.sampled_from(["flip", "cut", "insert", "overwrite", "drop", "repeat"])
    edit = st.tuples(kind, st.integers(0, 999), st.binary(min_size=1, max_size=20))
    return st.lists(edit, min_size=1, max_size=3)


def mutate(data: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    for kind, where, new in edits:
        at = len(data) * where // 1000
        if kind == "flip" and data:
            data = data[:at] + bytes([data[at] ^ (new[0] or 1)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "insert":
            data = data[:at] + new + data[at:]
        elif kind == "overwrite":
            data = data[:at] + new + data[at + len(new) :]
        elif kind == "drop":
            data = data[:at] + data[at + len(new) :]
        elif kind == "repeat":
            data = data[:at] + data
    return data


ANY_BYTES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def truth() -> dict[str, Record]:
    return {trial.name: record(trial) for trial in study().trials()}


def check_never_wrong(store: Store, path: Path, data: bytes) -> None:
    """Check that every record that is read equals the written one; the others are missing."""
    path.write_bytes(data)
    written = truth()
    loaded = store.records()
    assert {r.trial: r for r in loaded.records} == {
        r.trial: written[r.trial] for r in loaded.records
    }
    gone = written.keys() - {r.trial for r in loaded.records}
    assert {trial.name for trial in store.missing(study())} == gone
    store.set_aside(loaded.damaged)
    again = store.records()
    assert again.damaged == []
    assert again.records == loaded.records


@ANY_BYTES
@given(edits=mutations())
def test_damaged_bytes_of_a_trial_never_give_a_wrong_number(
    store: Store, edits: list[tuple[str, int, bytes]]
) -> None:
    trial = study().trials()[0]
    path = store.write(record(trial))
    check_never_wrong(store, path, mutate(path.read_bytes(), edits))


@ANY_BYTES
@given(edits=mutations())
def test_damaged_bytes_of_a_compact_file_never_give_a_wrong_number(
    store: Store, edits: list[tuple[str, int, bytes]]
) -> None:
    for trial in study().trials():
        store.write(record(trial))
    path = compact(store.folder)
    check_never_wrong(store, path, mutate(path.read_bytes(), edits))


@ANY_BYTES
@given(edits=mutations())
def test_damaged_bytes_of_a_study_never_give_another_study(
    store: Store, edits: list[tuple[str, int, bytes]]
) -> None:
    store.write_study(study())
    path = store.folder / "study.json"
    path.write_bytes(mutate(path.read_bytes(), edits))
    try:
        assert store.study() == study()
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017


@ANY_BYTES
@given(data=st.binary(max_size=300))
def test_any_bytes_are_at_most_damage(store: Store, data: bytes) -> None:
    (store.folder / "trials" / "x.json").write_bytes(data)
    (store.folder / "failures").mkdir(exist_ok=True)
    (store.folder / "failures" / "x.json").write_bytes(data)
    (store.folder / "step_time.jsonl.gz").write_bytes(data)
    assert len(store.records().damaged) == 1
    assert store.failures() == {}
    assert store.step_times().step_times == []
