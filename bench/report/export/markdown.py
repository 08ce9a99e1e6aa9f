"""A comparison as Markdown: for a job summary, a pull request, a committed report."""

from __future__ import annotations

from collections.abc import Iterable

from bench.report.export.compared import Compared, findings, summary, treatment
from bench.report.tables import escape_markdown

HEAD = ("verdict", "task", "arm", "metric", "change [90% interval]", "values", "evidence", "why")


def render(compared: Compared) -> str:
    """A heading, what it comes to, and a table with a row for each finding."""
    comparison = compared.comparison
    lines = [f"# {escape_markdown(f'{comparison.base} -> {comparison.new}')}", ""]
    lines += [f"**{escape_markdown(summary(comparison))}**", ""]
    told = [treatment(comparison)]
    told += [f"{task}: {name}" for task, name in comparison.data.items()]
    if comparison.synthetic:
        told.append("SYNTHETIC STAND-IN DATA: speed and memory only")
    lines += [*(f"* {escape_markdown(line)}" for line in (*told, *comparison.advice)), ""]
    lines += [_row(HEAD), _row(["---"] * len(HEAD))]
    for f in findings(comparison):
        cells = (f.verdict, f.task, f.arm, f.metric, f.change, f.values, f.evidence, f.reason)
        lines.append(_row(escape_markdown(cell) for cell in cells))
    least = ", ".join(
        f"{name.replace('_', ' ')} {value:g}{'%' if name in ('step_time', 'memory') else ' point'}"
        for name, value in comparison.minimums.items()
    )
    note = (
        f"A regression is a change beyond its minimum ({least}) whose one-sided p, Holm-adjusted "
        "over all rows, is below .01. `all arms` is what the arms of a task have in common: the "
        "environment; an arm's own rows are its change beyond that."
    )
    return "\n".join([*lines, "", note]) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
