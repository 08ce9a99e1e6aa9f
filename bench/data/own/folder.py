"""Pictures in a folder for each class, as `keras.utils.image_dataset_from_directory` reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bench.core.errors import UsageError
from bench.data.own import pictures
from bench.data.own.address import Address
from bench.data.own.example import UNSPLIT, Example, Reader, Unreadable, key_of
from bench.data.own.fingerprint import content_hash
from bench.data.source import Source

TRAIN_FOLDER = "train"
TEST_FOLDERS = ("test", "validation", "valid", "val")
"""Names of a folder with test pictures beside `train`; the first that exists is taken."""
NAMED = 10
"""Folders without a picture that an error lists."""


class _File(NamedTuple):
    split: str
    label: str
    path: Path


class Folder(Reader):
    """A reader of `PATH/CLASS/picture.jpg`, or of `PATH/train/CLASS/...` and `PATH/test/CLASS/...`."""

    OPTIONS = ("size", "color", "test_share", "split_seed")
    modality = "image"

    def __init__(self, address: Address, options: Mapping[str, str], source: Source) -> None:
        path = address.path
        self.root, self.options = path, options
        if not path.is_dir():
            raise UsageError(f"folder:{path} is no folder")
        self.others = []
        """Files that are no pictures by their names; hidden ones are not listed."""
        self.empty: list[str] = []
        """Folders of classes without a picture."""
        self.listed = sorted(self._listed(), key=lambda file: file.path)
        self.class_names = tuple(sorted({file.label for file in self.listed}))
        if (count := len(self.class_names)) < 2:
            raise UsageError(
                f"folder:{path} has {count or 'no'} folder{'' if count == 1 else 's'} with "
                f"pictures ({', '.join(pictures.EXTENSIONS)}); it must have one for each class, two "
                f"or more{_without(self.empty)}"
            )

    def _listed(self) -> Iterator[_File]:
        folders = {path.name.lower(): path for path in _folders(self.root)}
        train = folders.get(TRAIN_FOLDER)
        test = next((folders[name] for name in TEST_FOLDERS if name in folders), None)
        if train is None or not _holds_classes(train):
            yield from self._classes(UNSPLIT, self.root)
        elif test is not None:
            beside = [path for path in folders.values() if path not in (train, test)]
            self.unread = tuple(path.name for path in beside if _holds_classes(path))
            yield from self._classes("train", train)
            yield from self._classes("test", test)
        elif set(folders) == {TRAIN_FOLDER}:
            yield from self._classes(UNSPLIT, train)
        else:
            others = ", ".join(name for name in folders if name != TRAIN_FOLDER)
            raise UsageError(
                f"folder:{self.root} has {TRAIN_FOLDER} with a folder for each class, and beside it "
                f"{others}; name the folder of the test pictures `test`, or give folder:{train}"
            )

    def _classes(self, split: str, root: Path) -> Iterator[_File]:
        for folder in _folders(root):
            pictured = False
            for path in sorted(_files(folder)):
                if path.suffix.lower() in pictures.EXTENSIONS:
                    pictured = True
                    yield _File(split, _text(folder.name), path)
                else:
                    self.others.append(str(path.relative_to(self.root)))
            if not pictured:
                self.empty.append(_text(str(folder.relative_to(self.root))))

    @cached_property
    def form(self) -> pictures.Form:
        """Return the size and the colors that all pictures get."""
        headers = (pictures.header(file.path) for file in self.listed)
        return pictures.chosen_form((head for head in headers if head), self.options)

    def content(self, cache: Path) -> str:
        files = {
            file.path.relative_to(self.root).as_posix(): file.path
            for file in self.listed
            if os.access(file.path, os.R_OK)
        }
        found = content_hash(files, cache)
        return f"{found}, without a picture: {self.empty}" if self.empty else found

    def examples(self) -> Iterator[Example | Unreadable]:
        numbers = {name: number for number, name in enumerate(self.class_names)}
        read: set[str] = set()
        broken: dict[str, str] = {}
        for split, label, path in self.listed:
            name = str(path.relative_to(self.root))
            try:
                content = path.read_bytes()
                image, size = pictures.decoded(content, self.form)
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                broken.setdefault(label, f"{_text(name)}: {reason}")
                yield Unreadable(name, reason)
                continue
            read.add(label)
            yield Example(split, name, numbers[label], image, key_of(content), size)
        for name in self.empty:
            yield Unreadable(f"{name}/", "the folder has no picture, so it is no class")
        if read and (lost := [label for label in self.class_names if label not in read]):
            raise UsageError(
                f"folder:{self.root}: the class {lost[0]!r} has no picture that can be read (the first: "
                f"{broken[lost[0]]}); mend its pictures, or remove its folder"
            )


def _without(empty: Sequence[str]) -> str:
    return f"; without a picture: {', '.join(empty[:NAMED])}" if empty else ""


def _folders(root: Path) -> list[Path]:
    """List the folders in a folder, hidden ones left out.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError as error:
        raise _unlisted(error) from error


def _holds_classes(folder: Path) -> bool:
    """Tell a folder of class folders from a class: it has folders, and no picture beside them."""
    pictured = any(path.suffix.lower() in pictures.EXTENSIONS for path in folder.iterdir())
    return not pictured and bool(_folders(folder))


def _text(name: str) -> str:
    """Return a file's name as text that can be stored, if it is no UTF-8 too."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of the folders in it, hidden ones left out.

    Raises:
        UsageError: one of the folders cannot be read.
    """

    def refuse(error: OSError) -> None:
        raise _unlisted(error) from error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(parent, name) for name in names if not name.startswith("."))


def _unlisted(error: OSError) -> UsageError:
    return UsageError(f"{error.filename} cannot be read ({error.strerror})")
