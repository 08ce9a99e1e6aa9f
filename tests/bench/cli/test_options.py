"""The study that a command takes without a name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.cli.options import study_folder
from bench.core.errors import UsageError
from bench.storage.store import STUDY, Store
from tests.bench import measured


def made(results: Path, name: str, created: str, file_time: int) -> Path:
    """Write a study that was created at one time, in a file of another time."""
    store = Store(results / name)
    store.write_study(measured.study(name=name).model_copy(update={"created": created}))
    os.utime(store.folder / STUDY, (file_time, file_time))
    return store.folder


def test_the_newest_study_is_the_one_created_last_whatever_its_file_time(tmp_path: Path) -> None:
    made(tmp_path, "a", "2026-01-01T00:00:00+00:00", 300)
    newest = made(tmp_path, "b", "2026-03-01T00:00:00+00:00", 100)
    made(tmp_path, "c", "2026-02-01T00:00:00+00:00", 100)
    made(tmp_path, "d", "", 400)
    assert study_folder(tmp_path, None) == newest


def test_a_name_that_is_no_study_has_a_hint(tmp_path: Path) -> None:
    made(tmp_path, "reference", "", 100)
    for name, message in (
        ("refrence", "did you mean 'reference'"),
        ("x", "give a study's name or folder"),
        (str(tmp_path), r"holds several; name one, such as .*reference"),
    ):
        with pytest.raises(UsageError, match=message):
            study_folder(tmp_path, name)


def test_a_damaged_study_is_named_and_not_the_newest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = made(tmp_path, "a", "2026-01-01T00:00:00+00:00", 100)
    (made(tmp_path, "b", "2026-02-01T00:00:00+00:00", 100) / STUDY).write_text("{")
    assert study_folder(tmp_path, None) == older
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith(f"warning: left out: {tmp_path / 'b' / STUDY} is damaged")
    (older / STUDY).write_text("{")
    with pytest.raises(UsageError, match="no study under"):
        study_folder(tmp_path, None)
