"""Texts in a table: a file with a column of texts and a column of labels."""

from __future__ import annotations

import csv
import difflib
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from bench.core.errors import UsageError
from bench.core.paths import absolute
from bench.data.own.address import Address
from bench.data.own.classes import label_of
from bench.data.own.example import UNSPLIT, Example, Reader, Unreadable, key_of
from bench.data.own.fingerprint import content_hash
from bench.data.source import Source

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
LONGEST = 2**31 - 1
"""Characters of a field; Python's own limit is 131,072."""
NAMED_COLUMNS = 10
"""Columns of a table that an error lists."""


class Table(Reader):
    """A reader of `.csv`, `.tsv`, `.jsonl` and `.parquet` files; another one may hold the test split."""

    OPTIONS = ("text", "label", "test", "test_share", "split_seed")
    modality = "text"

    def __init__(self, address: Address, options: Mapping[str, str], source: Source) -> None:
        path = address.path
        self.options = options
        self.others = []
        self.files = {UNSPLIT: path}
        if "test" in options:
            self.files = {"train": path, "test": absolute(options["test"])}
        for file in self.files.values():
            if not file.is_file():
                raise UsageError(f"csv:{file} is no file")
            if file.suffix.lower() not in SUFFIXES:
                raise UsageError(_no_table(file))

    def content(self, cache: Path) -> str:
        # The ending says how the bytes are read. That of a .tsv changed when stray quotes were kept.
        names = {s: p.suffix.lower().replace(".tsv", ".tsv, 2") for s, p in self.files.items()}
        return content_hash({f"{s}{names[s]}": p for s, p in self.files.items()}, cache)

    def examples(self) -> Iterator[Example | Unreadable]:
        for split, path in self.files.items():
            frame = _read(path)
            texts = self._column(frame, path, "text")
            labels = self._column(frame, path, "label")
            if texts.name == labels.name:
                raise UsageError(f"{path.name}: the column {texts.name!r} is both text and label")
            for row, (text, label) in enumerate(zip(texts, labels, strict=True), start=1):
                yield _example(split, f"{path.name} row {row}", text, label)

    def _column(self, frame: pd.DataFrame, path: Path, role: str) -> pd.Series:
        names = [str(name) for name in frame.columns]
        asked = self.options.get(role, role)
        matching = [name for name in names if name == asked] or [
            name for name in names if name.strip().lower() == asked.lower()
        ]
        if not matching:
            lowered = {name.strip().lower(): name for name in names}
            near = difflib.get_close_matches(asked.lower(), lowered, n=1)
            hint = f"; did you mean {lowered[near[0]]!r}?" if near else ""
            listed = ", ".join([*names[:NAMED_COLUMNS], *["..."][: len(names) > NAMED_COLUMNS]])
            raise UsageError(
                f"{path.name} has no column {asked!r}{hint} (columns: {listed or 'none'}); "
                f"{_remedy(path, names, role, asked)}"
            )
        return frame.iloc[:, names.index(matching[0])]


def _example(split: str, name: str, text: Any, label: Any) -> Example | Unreadable:
    if _missing(text):
        return Unreadable(name, "it has no text")
    stored = None if _missing(label) else label_of(label, name)
    if stored is None:
        return Unreadable(name, "it has no label")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            return Unreadable(name, f"its text is not UTF-8: byte 0x{text[error.start]:02x}")
    if not pd.api.types.is_scalar(text):
        raise UsageError(f"{name}: the text is a {type(text).__name__} ({str(text)[:40]})")
    text = str(text)
    return Example(split, name, stored, text, key_of(text.encode("utf-8", "replace")))


def _no_table(file: Path) -> str:
    endings = ", ".join(SUFFIXES)
    if Path(file.stem).suffix.lower() in SUFFIXES:
        return f"{file.name} is packed; unpack it first (the name of a table ends in {endings})"
    return f"{file.name} is no table: the name of a table ends in {endings}"


def _remedy(path: Path, names: list[str], role: str, asked: str) -> str:
    """Say what to do where a table lacks a column."""
    wanted = {".csv": ",", ".tsv": "\t"}.get(path.suffix.lower())
    if wanted is None:
        return f"name it with --set data.{role}=COLUMN"
    words = {",": "commas", "\t": "tabs"}
    for other in (";", "\t", ",", "|"):
        parts = [part.strip().strip('"').lower() for part in names[0].split(other)] if names else []
        if (
            len(names) == 1
            and other != wanted
            and {"text", "label", asked.lower()} & {*parts}
            and len(parts) > 1
        ):
            separator = "tabs" if other == "\t" else f"`{other}`"
            return f"the columns are separated by {separator}: save it with {words[wanted]}"
    return f"the first line must name the columns; --set data.{role}=COLUMN takes another name"


def _missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _read(path: Path) -> pd.DataFrame:
    """Read a table; all values of a text file are texts.

    Raises:
        UsageError: the file is not UTF-8, or no such table.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return pd.read_parquet(path)
        _check_utf8(path)
        if suffix == ".jsonl":
            return pd.DataFrame(_json_objects(path), dtype=object)
        with warnings.catch_warnings():
            # pandas drops what a first row has beyond the header, and only warns.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            tabs = suffix == ".tsv"
            return pd.read_csv(
                path, sep="\t" if tabs else ",", dtype=str, keep_default_na=False,
                index_col=False, encoding="utf-8-sig",
                quoting=csv.QUOTE_NONE if tabs and _quotes_are_text(path) else csv.QUOTE_MINIMAL,
            )  # fmt: skip
    except pd.errors.ParserWarning as error:
        raise UsageError(
            f"{path.name} is no table: rows have more fields than the header; texts that contain the "
            "separator must be in quotes"
        ) from error
    except ImportError as error:
        raise UsageError(f"{path.name} needs pyarrow: pip install pyarrow") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror or error})") from error
    except ValueError as error:  # pandas and pyarrow raise subclasses of it
        reason = re.sub(r"^Error tokenizing data\. C error: ", "", str(error).strip())
        raise UsageError(f"{path.name} is no table: {reason.splitlines()[0]}") from error


def _quotes_are_text(path: Path) -> bool:
    """Tell if quotes are characters like others in a table with tabs, so that no two rows become one.

    Then quoting joins lines and a quote ends in the middle of a field, while without quoting each line
    is a row with as many fields as the first one.

    Raises:
        UsageError: a quote spans lines, and both or neither can be meant.
    """
    limit = csv.field_size_limit(LONGEST)
    try:
        return _stray(path, _spans(path))
    finally:
        csv.field_size_limit(limit)


def _stray(path: Path, spans: str) -> bool:
    """Tell if the quotes that span lines, described by `spans`, are characters of texts."""
    if not spans:
        return False
    with path.open(encoding="utf-8-sig") as file:
        alike = len({line.count("\t") for line in file if line.strip("\n")}) == 1
    quoted = True
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for _ in csv.reader(file, delimiter="\t", strict=True):
                pass
        except csv.Error:
            quoted = False
    if alike == quoted:
        raise UsageError(
            f"{path.name}: {spans}; if it is a character of the text, double it and put the text in "
            "quotes, or save the table as .jsonl"
        )
    return alike


def _spans(path: Path) -> str:
    """Describe the first quote that spans lines or never ends; empty if there is none."""
    end = "end of the table"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(chain(file, [end]), delimiter="\t")
        before = 0
        for row in rows:
            if rows.line_num - before > 1:
                last = rows.line_num - row[-1].endswith(end)
                return f"a quote spans {last - before} lines ({before + 1} to {last})"
            before = rows.line_num
    return ""


def _json_objects(path: Path) -> list[dict[str, Any]]:
    """Read a file with a JSON object on each line.

    Raises:
        UsageError: a line is something else.
    """
    objects = []
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UsageError(
                    f"{path.name} is no table: line {number} is no JSON ({getattr(error, 'msg', error)})"
                ) from error
            if not isinstance(value, dict):
                raise UsageError(
                    f"{path.name} is no table: line {number} is no JSON object, such as "
                    '{"text": "...", "label": "..."}'
                )
            objects.append(value)
    return objects


def _check_utf8(path: Path) -> None:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise UsageError(
                    f"{path.name} is not UTF-8: line {number} has the byte "
                    f"0x{line[error.start]:02x}; save it as UTF-8"
                ) from error
