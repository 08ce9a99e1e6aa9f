"""Tables as CSV, Markdown and LaTeX, each with the identity of its data.

A table is a frame and a list of columns; a column says its heading and its fixed number format.
CSV files keep the machine's names and more digits, the other two are for readers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
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
    """For readers; empty: only in the CSV file."""
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
    """`<name>.csv`, `.md` and `.tex` in the folder.

    Raises:
        BenchError: the folder cannot be written.
    """
    texts = {".csv": csv_text(table), ".md": markdown_text(table), ".tex": latex_text(table)}
    for end, text in texts.items():
        write_atomic(folder / f"{table.name}{end}", text.encode())
    return [folder / f"{table.name}{end}" for end in texts]


def csv_text(table: Table) -> str:
    """All columns, a row a line, empty where nothing is known; readable by `pandas.read_csv`."""
    ready = pd.DataFrame(
        {c.key: [cell(value, c.csv) for value in table.frame[c.key]] for c in table.columns},
        columns=[c.key for c in table.columns],
    )
    return ready.to_csv(index=False, lineterminator="\n")


def markdown_text(table: Table) -> str:
    """Title, headings and a pipe table."""
    shown, rows = _shown(table)
    right = [_is_number(table.frame[c.key]) for c in shown]
    lines = [f"# {escape_markdown(table.title)}", ""]
    for heading in table.headings:
        lines += [escape_markdown(heading), ""]
    lines.append(_pipes(escape_markdown(c.heading) for c in shown))
    lines.append(_pipes("---:" if number else "---" for number in right))
    lines += [_pipes(escape_markdown(value) for value in row) for row in rows]
    return "\n".join(lines) + "\n"


def latex_text(table: Table) -> str:
    """A `longtable` with `booktabs` rules, to be included with `\\input`."""
    shown, rows = _shown(table)
    align = "".join("r" if _is_number(table.frame[c.key]) else "l" for c in shown)
    caption = ". ".join(text.rstrip(".") for text in (table.title, *table.headings)) + "."
    label = re.sub(r"[^A-Za-z0-9-]", "-", table.name)
    head = " & ".join(escape_latex(c.heading) for c in shown) + r" \\"
    body = [" & ".join(escape_latex(value) for value in row) + r" \\" for row in rows]
    start = rf"\begin{{longtable}}{{{align}}}"
    title = rf"\caption{{{escape_latex(caption)}}}\label{{tab:{label}}} \\"
    end = r"\end{longtable}"
    needs = "% needs the packages booktabs and longtable"
    first = [needs, start, title, r"\toprule", head, r"\midrule", r"\endfirsthead"]
    later = [r"\toprule", head, r"\midrule", r"\endhead"]
    return "\n".join([*first, *later, *body, r"\bottomrule", end]) + "\n"


def _shown(table: Table) -> tuple[list[Column], list[list[str]]]:
    """The columns for readers, and the rows as texts."""
    shown = [c for c in table.columns if c.heading]
    texts = [[cell(value, c.show or c.csv) for value in table.frame[c.key]] for c in shown]
    return shown, [list(row) for row in zip(*texts, strict=True)]


def cell(value: Any, form: str = "") -> str:
    """One value as text: missing as empty, no negative zero, truth as true and false."""
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
    text = f"{value:{form}}"
    if re.fullmatch(r"-0(\.0*)?", text):
        return f"{0.0:{form}}"
    return text


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape_markdown(text: str) -> str:
    """The text itself where Markdown would read markup; on one line."""
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
    """The text itself where LaTeX would read commands; on one line."""
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def table_columns(*specs: Sequence[str]) -> tuple[Column, ...]:
    """Columns from short tuples: (key, heading, CSV format, format for readers)."""
    return tuple(Column(*spec) for spec in specs)
