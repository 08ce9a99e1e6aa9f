"""Tables as CSV, Markdown and LaTeX, each with the identity of its data.

A table is a frame and a list of columns. A column has a heading and a fixed number format. CSV files
keep the machine's names and more digits; the other two are for readers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.storage.files import write_atomic


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    key: str
    """Name in the frame and in the CSV file."""
    heading: str = ""
    """Heading for readers; empty: only in the CSV file."""
    csv: str = ""
    """Format of its numbers in CSV (`.6f`); empty: as text or as a whole number."""
    show: str = ""
    """Format of its numbers for readers (`+.1f`); empty: as in CSV."""


@dataclass(frozen=True)
class Table:
    """A table ready to be written.

    Raises:
        KeyError: on writing, if the frame lacks a column.
    """

    name: str
    """File name without its ending."""
    title: str
    headings: tuple[str, ...]
    """Lines above the table: data, base, gap, warnings."""
    frame: pd.DataFrame
    columns: tuple[Column, ...]


def write_table(table: Table, folder: Path) -> list[Path]:
    """Write `<name>.csv`, `.md` and `.tex` into the folder.

    Raises:
        BenchError: the folder cannot be written.
    """
    texts = {".csv": csv_text(table), ".md": markdown_text(table), ".tex": latex_text(table)}
    for end, text in texts.items():
        write_atomic(folder / f"{table.name}{end}", text.encode())
    return [folder / f"{table.name}{end}" for end in texts]


def csv_text(table: Table) -> str:
    """Write all columns, empty where nothing is known; readable by `pandas.read_csv`."""
    texts = {c.key: [cell(value, c.csv) for value in table.frame[c.key]] for c in table.columns}
    return pd.DataFrame(texts).to_csv(index=False, lineterminator="\n")


def markdown_text(table: Table) -> str:
    """Write the title, the headings and a pipe table."""
    columns, rows = _shown(table)
    numeric = [_is_number(table.frame[c.key]) for c in columns]
    lines = [f"# {escape_markdown(table.title)}", ""]
    for heading in table.headings:
        lines += [escape_markdown(heading), ""]
    lines.append(pipes(escape_markdown(c.heading) for c in columns))
    lines.append(pipes("---:" if number else "---" for number in numeric))
    lines += [pipes(escape_markdown(value) for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def latex_text(table: Table) -> str:
    """Write a `longtable` with `booktabs` rules, to be included with `\\input`."""
    columns, rows = _shown(table)
    align = "".join("r" if _is_number(table.frame[c.key]) else "l" for c in columns)
    caption = ". ".join(text.rstrip(".") for text in (table.title, *table.headings)) + "."
    label = re.sub(r"[^A-Za-z0-9-]", "-", table.name)
    head = " & ".join(escape_latex(c.heading) for c in columns) + r" \\"
    body = [" & ".join(escape_latex(value) for value in row) + r" \\" for row in rows]
    start = rf"\begin{{longtable}}{{{align}}}"
    title = rf"\caption{{{escape_latex(caption)}}}\label{{tab:{label}}} \\"
    end = r"\end{longtable}"
    needs = "% needs the packages booktabs and longtable"
    first = [needs, start, title, r"\toprule", head, r"\midrule", r"\endfirsthead"]
    later = [r"\toprule", head, r"\midrule", r"\endhead"]
    return "\n".join([*first, *later, *body, r"\bottomrule", end]) + "\n"


def _shown(table: Table) -> tuple[list[Column], list[list[str]]]:
    """Return the columns for readers, and the rows as texts."""
    columns = [c for c in table.columns if c.heading]
    texts = [[cell(value, c.show or c.csv) for value in table.frame[c.key]] for c in columns]
    return columns, [list(row) for row in zip(*texts, strict=True)]


def cell(value: Any, form: str = "") -> str:
    """Write one value: missing as empty, no negative zero, truth as true and false."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ", ".join(str(part) for part in value)
    if isinstance(value, str) or not form:
        whole = isinstance(value, float) and value.is_integer()
        return str(int(value)) if whole else str(value)
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return format(value, form.replace(".", "z.", 1))  # z: no negative zero


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def pipes(cells: Iterable[str]) -> str:
    """Write one row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def escape_markdown(text: str) -> str:
    """Put a text on one line, and escape what Markdown would read as markup."""
    one_line = " ".join(text.split())
    escaped = re.sub(r"([\\`*|<>~$\[\]])", r"\\\1", one_line)
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)


_LATEX: Mapping[str, str] = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{MINUS SIGN}": "$-$",
    "\N{EN DASH}": "--",
    "\N{MIDDLE DOT}": r"$\cdot$",
}


def escape_latex(text: str) -> str:
    """Put a text on one line, and escape what LaTeX would read as commands."""
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def plain(names: str) -> tuple[Column, ...]:
    """Make columns of texts whose heading is their name."""
    return tuple(Column(name, name) for name in names.split())


def csv_only(names: str, form: str = "") -> tuple[Column, ...]:
    """Make columns that only the CSV file has."""
    return tuple(Column(name, "", form) for name in names.split())


def interval_columns(
    form: str, heading: str = "effect (points)", key: str = "effect"
) -> tuple[Column, ...]:
    """Make the columns of an estimate and the ends of its interval."""
    names = ((key, heading), ("low", "low"), ("high", "high"))
    return tuple(Column(name, title, ".6g", form) for name, title in names)
