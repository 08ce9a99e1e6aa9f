"""The decision table in the terminal: a colored table there, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.analysis.analysis import Analysis
from bench.core.metrics import columns as metric_columns
from bench.core.study import Study
from bench.report.card import Card
from bench.report.headings import headings, is_warning
from bench.report.rows import BESIDE, Row, columns, decision_rows
from bench.report.verdicts import KINDS, SHORT

STYLES = {"better": "bold blue", "worse": "bold red", "same": "green", "open": "dim"}
"""Kind of a verdict -> style."""
FIRST = ("effect", "tuned", "default", "verdict", "step", "examples")
STAND_IN = ("verdict", "step")
"""Columns of a study of stand-in data, which shows no effects that look like findings."""
NARROWEST = 60
"""Smallest width of a table, in characters; a narrower terminal gets a line for each figure."""
ROOM = 140
"""Width of a terminal, in characters, for all columns of `shown`; a narrower one gets `FIRST`."""


def shown(study: Study) -> tuple[str, ...]:
    """Return the columns of a wide terminal."""
    metrics = [column.key for _, column in metric_columns(study.metric) if column.in_terminal]
    return (FIRST[0], "shrunk", *FIRST[1:], *metrics, "seeds")


def print_decision(
    study: Study, analysis: Analysis, cards: Mapping[str, Card], out: TextIO
) -> None:
    """Print the headings and the table of `Analysis.decision`.

    A terminal gets a table (in colors unless `NO_COLOR` is set). Everything else gets lines of words
    separated by tabs, for other programs. Names are printed as they are, never read as markup.
    """
    rows = decision_rows(study, analysis.decision, cards)
    lines = headings(study, analysis.baselines)
    explained = columns(study.metric, analysis.place["device"], analysis.decision)
    keys_shown = STAND_IN if study.synthetic else shown(study)
    head = {key: explained[key][0] for key in keys_shown if key in explained}
    if not out.isatty():
        out.write(plain(lines, rows, head))
        return
    console = Console(file=out)
    for line in lines:
        console.print(Text(clean(line), style="bold yellow" if is_warning(line) else "dim"))
    keys = list(head) if console.width >= ROOM else FIRST
    fitting = {key: head[key] for key in keys if key in head}
    if console.width >= NARROWEST:
        console.print(_table(rows, fitting))
    else:
        console.print(Text(_list(rows, fitting)))
    for row in rows:
        if not row.cells:
            reason = clean(f"{row.arm} is not applicable to {row.task}: {row.warning}")
            console.print(Text(reason, style="dim"))
    for remark in remarks(rows):
        console.print(Text(remark, style="yellow"))


def remarks(rows: Sequence[Row]) -> list[str]:
    """Write the warnings of the rows with figures, such as that seeds diverged."""
    return [
        clean(f"{row.task} {_name(row)}: {row.warning}")
        for row in rows
        if row.cells and row.warning
    ]


def plain(lines: Sequence[str], rows: Sequence[Row], head: Mapping[str, str]) -> str:
    """Write the table as text: headings as comments, then a line for each row, with tabs."""
    texts = [f"# {clean(line)}" for line in lines]
    texts.append("\t".join(["task", "strategy", *head.values()]))
    for row in rows:
        cells = [f"{c.text} {c.detail}".strip() for c in (row.cells.get(k) for k in head) if c]
        texts_of_row = cells or [f"{row.verdict or row.evidence}: {row.warning}"]
        texts.append("\t".join(clean(value) for value in (row.task, _name(row), *texts_of_row)))
    texts += [f"# {remark}" for remark in remarks(rows)]
    return "\n".join(texts) + "\n"


def clean(text: str) -> str:
    """Put a text on one line without control characters, so that no name moves the cursor."""
    return "".join(c if c.isprintable() else " " for c in text)


def _list(rows: Sequence[Row], head: Mapping[str, str]) -> str:
    """Write the rows one below the other, a line for each figure."""
    lines = []
    for row in rows:
        if row.cells:
            lines.append(clean(f"{row.task} {_name(row)}"))
            cells = ((name, _cell(key, row).plain) for key, name in head.items())
            lines += [clean(f"  {name}: {text}") for name, text in cells if text.strip()]
    return "\n".join(lines)


def _table(rows: Sequence[Row], head: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("task")
    table.add_column("strategy", overflow="fold")
    for key, name in head.items():
        table.add_column(name, justify="left" if key == "verdict" else "right")
    for row in rows:
        if not row.cells:
            continue
        cells = [_cell(key, row) for key in head]
        table.add_row(Text(clean(row.task)), Text(clean(_name(row)), style="bold"), *cells)
    return table


def _name(row: Row) -> str:
    return f"{row.arm} against {row.against}" if row.against else row.arm


def _cell(key: str, row: Row) -> Text:
    cell = row.cells[key]
    detail = f" {cell.detail}" if key in ("effect", *BESIDE) and cell.detail else ""
    words = SHORT.get(row.verdict, cell.text) if key == "verdict" else cell.text
    style = STYLES.get(KINDS.get(row.verdict, ""), "") if key == "verdict" else ""
    return Text(words + detail, style=style)
