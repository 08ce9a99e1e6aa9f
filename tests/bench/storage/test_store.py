"""The store: whole or not there, never a wrong number."""

from __future__ import annotations

import errno
import gzip
import json
import os
import resource
import signal
import time
from pathlib import Path

import pytest

from bench.core.canonical import canonical_json
from bench.core.errors import BenchError, UsageError
from bench.core.study import Trial
from bench.storage.sealed_lines import Sealed
from bench.storage.store import Store, compact
from tests.bench.measured import arm, filled, record, step_time, study


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return filled(tmp_path)


def names(trials: list[Trial]) -> list[str]:
    return [trial.name for trial in trials]


def test_what_is_written_is_read(store: Store) -> None:
    store.write(step_time())
    loaded = store.records()
    assert sorted(loaded.records, key=lambda r: r.trial) == sorted(
        (record(trial) for trial in study().trials()), key=lambda r: r.trial
    )
    assert loaded.damaged == []
    assert store.step_times() == ([step_time()], [])
    assert store.study() == study()
    assert store.missing(study()) == []
    assert [p.name for p in store.folder.rglob("*.tmp")] == []


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "none")
    assert store.study() is None
    assert store.records() == ([], [])
    assert store.step_times() == ([], [])
    assert store.failures() == {}
    assert store.missing(study()) == study().trials()


def test_missing_is_what_has_no_whole_record(store: Store) -> None:
    first, second, *_ = sorted((store.folder / "trials").glob("*.json"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-40])
    missing = store.missing(study())
    assert sorted(names(missing)) == [first.stem, second.stem]


def test_missing_keeps_the_order_of_the_study(tmp_path: Path) -> None:
    assert names(Store(tmp_path).missing(study())) == names(study().trials())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data[: len(data) // 2], "checksum"),
        (lambda _: b"", "empty"),
        (lambda data: data.replace(b'"test_accuracy":0.5', b'"test_accuracy":0.9'), "checksum"),
        (lambda _: b'{"test_accuracy": 1.0}', "not a record"),
        (lambda _: b"[" * 100_000, "not a record"),
    ],
)
def test_a_damaged_file_is_set_aside_and_missing(store: Store, change, reason: str) -> None:
    path = store.folder / "trials" / "cifar10--mixup--001.json"
    path.write_bytes(change(path.read_bytes()))
    loaded = store.records()
    assert len(loaded.records) == 5
    assert [(d.path, reason in d.reason) for d in loaded.damaged] == [(path, True)]
    assert store.damaged() == loaded.damaged
    store.set_aside(loaded.damaged)
    assert not path.exists()
    assert (store.folder / "trials" / "damaged" / path.name).exists()
    assert store.records().damaged == []
    assert names(store.missing(study())) == ["cifar10--mixup--001"]


def test_setting_aside_twice_keeps_both(store: Store) -> None:
    path = store.folder / "trials" / "cifar10--mixup--001.json"
    for text in (b"first", b"second"):
        path.write_bytes(text)
        store.set_aside(store.records().damaged)
    kept = {p.read_bytes() for p in (store.folder / "trials" / "damaged").iterdir()}
    assert kept == {b"first", b"second"}


def test_a_record_under_another_name_is_none(store: Store) -> None:
    folder = store.folder / "trials"
    (folder / "cifar10--mixup--001.json").replace(folder / "cifar10--mixup--007.json")
    assert len(store.records().damaged) == 1
    assert names(store.missing(study())) == ["cifar10--mixup--001"]


def test_a_record_of_another_study_is_none(store: Store) -> None:
    trial = study().trials()[0]
    store.write(record(trial, study_name="other"))
    (damaged,) = store.records().damaged
    assert "other" in damaged.reason
    assert store.missing(study()) == [trial]


def test_a_sealed_forgery_is_none(store: Store) -> None:
    """A checksum that holds over what is no record, or over another trial's."""
    folder = store.folder / "trials"
    other = canonical_json(record(study().trials()[0]).model_dump(mode="json"))
    for name, payload in (("a", b"{}"), ("b", b"[" * 50_000), ("c", other), ("d", b"\xff")):
        line = Sealed("trials", "tiny", name, payload).line()
        (folder / f"{name}.json").write_bytes(line)
    loaded = store.records()
    assert len(loaded.records) == 6
    assert [d.path.stem for d in loaded.damaged] == ["a", "b", "c", "d"]


def test_what_is_no_plain_file_is_damaged_and_never_waited_for(store: Store) -> None:
    folder = store.folder / "trials"
    secret = store.folder / "secret"
    secret.write_bytes((folder / "cifar10--mixup--001.json").read_bytes())
    (folder / "cifar10--mixup--001.json").unlink()
    (folder / "cifar10--mixup--001.json").symlink_to(secret)
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    assert [d.path.stem for d in store.records().damaged] == [
        "cifar10--mixup--001",
        "folder",
        "pipe",
    ]
    store.set_aside(store.records().damaged)
    assert store.records().damaged == []


def test_names_cannot_leave_the_folder(store: Store, tmp_path: Path) -> None:
    for name in ("../evil", "/etc/evil", "..", ".hidden", "a/b", "", "a" * 300, "a\x00b"):
        with pytest.raises(BenchError, match="not the name of a trial"):
            store.fail(name, "raised", "x")
    evil = Trial(arm=arm("../../../evil", task="../evil"), seed=1)
    path = store.write(record(evil))
    assert path.resolve().parent == (store.folder / "trials").resolve()
    assert {p.name for p in tmp_path.iterdir()} == {"tiny"}


@pytest.mark.parametrize(
    ("field", "value"), [("train_seconds", float("nan")), ("steps", -1), ("study", "")]
)
def test_what_could_not_be_read_again_is_not_written(
    store: Store, field: str, value: float | str
) -> None:
    trial = study().trials()[0]
    bad = record(trial).model_copy(update={field: value})
    with pytest.raises(BenchError, match="was not written"):
        store.write(bad)
    assert record(trial) in store.records().records


# --- failures ---


def test_a_failure_is_cleared_by_a_later_success(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write_study(study())
    first, second, *rest = study().trials()
    store.fail(first.name, "crashed", "SIGSEGV")
    store.fail(second.name, "timeout", "60 s")
    assert {n: f.kind for n, f in store.failures().items()} == {
        first.name: "crashed",
        second.name: "timeout",
    }
    assert store.missing(study()) == rest
    assert store.missing(study(), retry_failed=True) == [first, second, *rest]
    store.write(record(first))
    assert list(store.failures()) == [second.name]
    assert [path.stem for path in (tmp_path / "failures").iterdir()] == [second.name]
    store.fail(first.name, "crashed", "a note that outlived its trial")
    assert list(store.failures()) == [second.name]


def test_a_damaged_failure_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trial = study().trials()[0]
    store.fail(trial.name, "crashed", "SIGSEGV")
    (tmp_path / "failures" / f"{trial.name}.json").write_bytes(b"{}")
    assert store.failures() == {}
    assert trial in store.missing(study())


# --- study.json ---


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "damaged"),
        ("[1]", "damaged"),
        ('{"study": {"schema_version": 99}, "sha256": ""}', "schema 99"),
        ("[" * 100_000, "damaged"),
        ('{"study": {"schema_version": 1}, "sha256": "0"}', "checksum"),
    ],
)
def test_a_study_that_cannot_be_read_is_a_usage_error(store: Store, text: str, reason: str) -> None:
    (store.folder / "study.json").write_text(text)
    with pytest.raises(UsageError, match=reason) as error:
        store.study()
    assert "\n" not in str(error.value)


def test_an_altered_study_is_a_usage_error(store: Store) -> None:
    path = store.folder / "study.json"
    path.write_text(path.read_text().replace('"seeds": 3', '"seeds": 2'))
    with pytest.raises(UsageError, match="checksum"):
        store.study()


def test_trials_without_a_study_are_a_usage_error(store: Store) -> None:
    """Else a study of another recipe would take them for its own."""
    (store.folder / "study.json").unlink()
    with pytest.raises(UsageError, match=r"no study\.json"):
        store.study()


def test_a_declared_study_that_is_run_keeps_its_bytes(store: Store) -> None:
    path = store.folder / "study.json"
    asked = store.study()
    assert asked is not None
    before = path.read_bytes().replace(b"\n", b"\n ")  # the same study, laid out otherwise
    path.write_bytes(before)
    store.write_study(asked)
    assert path.read_bytes() == before
    store.write_study(asked.model_copy(update={"seeds": asked.seeds + 1}))
    assert path.read_bytes() != before


# --- disks that refuse ---


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(
    store: Store, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = study().trials()[0]

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if call == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(Path, "replace", full)
        with pytest.raises(BenchError, match="No space left on device; free some space") as error:
            store.write(record(trial, accuracy=0.25))
    assert error.value.exit_code == 1
    assert record(trial) in store.records().records
    assert store.records().damaged == []
    assert list((store.folder / "trials").glob(".*")) == []
    store.write(record(trial, accuracy=0.25))
    assert record(trial, accuracy=0.25) in store.records().records


def test_a_write_that_really_ends_half_way(store: Store) -> None:
    """The operating system cuts the file off after 1,000 bytes."""
    trial = study().trials()[0]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(BenchError, match="File too large"):
            store.write(record(trial, accuracy=0.25))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert record(trial) in store.records().records
    assert store.records().damaged == []


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "study")
    for write in (
        lambda: store.write_study(study()),
        lambda: store.write(record(study().trials()[0])),
    ):
        with pytest.raises(UsageError, match="--results"):
            write()


def test_a_read_only_disk_is_a_usage_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(UsageError, match="Read-only file system"):
        store.write(record(study().trials()[0]))


def test_a_file_that_cannot_be_removed_is_one_line(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = study().trials()[0]

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refused)
        for call in (lambda: store.write(record(trial, accuracy=0.25)), store.compact):
            with pytest.raises(BenchError, match=r"cannot remove .*: Operation not permitted"):
                call()
        with store.lock():
            pass
    assert record(trial, accuracy=0.25) in store.records().records
    assert len(store.records().records) == 6


def test_a_clock_set_back_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (store.folder / "trials").iterdir():
        os.utime(path, (4e9, 4e9))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    store.write(record(study().trials()[0], accuracy=0.25))
    assert store.missing(study()) == []
    assert store.records().records[0].final.test_accuracy == 0.25


# --- compaction ---


def test_compaction_changes_nothing_that_is_read(store: Store) -> None:
    store.write(step_time())
    before, times = store.records(), store.step_times()
    path = compact(store.folder)
    assert path == store.folder / "trials.jsonl.gz"
    assert list((store.folder / "trials").glob("*.json")) == []
    assert store.records() == before
    assert store.step_times() == times
    assert store.missing(study()) == []
    first = path.read_bytes()
    time.sleep(0.01)
    assert compact(store.folder).read_bytes() == first


def test_a_compact_file_is_small(tmp_path: Path) -> None:
    store = Store(tmp_path)
    many = study(seeds=50)
    store.write_study(many)
    for trial in many.trials():
        store.write(record(trial))
    single = sum(p.stat().st_size for p in (tmp_path / "trials").iterdir())
    assert compact(tmp_path).stat().st_size < single / 10


def test_a_study_grows_after_compaction(store: Store) -> None:
    compact(store.folder)
    more = study(seeds=4)
    store.write_study(more)
    new = store.missing(more)
    assert names(new) == ["cifar10--baseline--003", "cifar10--mixup--003"]
    for trial in new:
        store.write(record(trial))
    assert len(store.records().records) == 8
    compact(store.folder)
    assert len(store.records().records) == 8


def test_a_single_file_is_newer_than_the_compact_one(store: Store) -> None:
    compact(store.folder)
    trial = study().trials()[0]
    store.write(record(trial, accuracy=0.25))
    assert record(trial, accuracy=0.25) in store.records().records
    assert len(store.records().records) == 6


def test_damage_is_not_compacted(store: Store) -> None:
    path = store.folder / "trials" / "cifar10--mixup--001.json"
    path.write_bytes(b"{}")
    with pytest.raises(BenchError, match="damaged"):
        compact(store.folder)
    assert len(list((store.folder / "trials").glob("*.json"))) == 6


def test_whole_lines_of_a_damaged_compact_file_stay(store: Store) -> None:
    path = compact(store.folder)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"test_accuracy":0.5', b'"test_accuracy":0.9')
    path.write_bytes(gzip.compress(b"".join(lines)))
    loaded = store.records()
    assert len(loaded.records) == 5
    assert [d.path for d in loaded.damaged] == [path]
    store.set_aside(loaded.damaged)
    assert store.records().damaged == []
    assert len(store.missing(study())) == 1
    assert (store.folder / "trials" / "damaged" / path.name).exists()


def test_a_truncated_compact_file_keeps_its_beginning(store: Store) -> None:
    path = compact(store.folder)
    path.write_bytes(path.read_bytes()[:-12])
    loaded = store.records()
    assert loaded.damaged[0].path == path
    for item in loaded.records:
        assert item == record(Trial(arm=arm(item.arm), seed=item.seed))
    store.set_aside(loaded.damaged)
    assert store.records() == (loaded.records, [])


# --- size ---


@pytest.mark.slow
def test_ten_thousand_trials_are_planned_in_three_seconds(tmp_path: Path) -> None:
    store = Store(tmp_path / "tiny")
    large = study([f"arm{n}" for n in range(100)], seeds=100)
    store.write_study(large)
    trials = large.trials()
    template = record(trials[0]).model_dump(mode="json")
    template["facts"] = {"padding": "x" * 6000}  # as long as a record of real data
    folder = store.folder / "trials"
    folder.mkdir()
    for trial in trials[:9_990]:
        payload = canonical_json({**template, "arm": trial.arm.name, "seed": trial.seed})
        line = Sealed("trials", "tiny", trial.name, payload).line()
        (folder / f"{trial.name}.json").write_bytes(line)
    cut = folder / f"{trials[5].name}.json"
    cut.write_bytes(cut.read_bytes()[:3000])
    begin = time.perf_counter()
    planned = Store(tmp_path / "tiny")
    read = planned.study()
    assert read is not None
    damaged = planned.damaged()
    missing = planned.missing(read)
    seconds = time.perf_counter() - begin
    assert missing == [trials[5], *trials[9_990:]]
    assert [item.path for item in damaged] == [cut]
    print(f"10,000 trials planned in {seconds:.2f} s")
    assert seconds < 3.0


def test_the_format_is_json(store: Store) -> None:
    for path in (store.folder / "trials").iterdir():
        assert json.loads(path.read_text())["payload"]["study"] == "tiny"
