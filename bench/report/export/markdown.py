"""A comparison as Markdown: for a job summary, a pull request, a committed report."""

from __future__ import annotations

from bench.compare.metrics import by_name
from bench.compare.occasions import LEAST_OCCASIONS
from bench.report.export.compared import SPEED_ONLY, Compared, findings, summary, treatment
from bench.report.tables import escape_markdown, pipes

HEAD = ("verdict", "task", "arm", "metric", "change [90% interval]", "values", "evidence", "why")


def render(compared: Compared) -> str:
    """Write a heading, the summary, and a table with a row for each finding."""
    comparison = compared.comparison
    data = [f"{task}: {name}" for task, name in comparison.data.items()]
    warning = [SPEED_ONLY] if comparison.synthetic else []
    remarks = (treatment(comparison), *data, *warning, *comparison.advice)
    rows = [
        (f.verdict, f.task, f.arm, f.metric, f.change, f.values, f.evidence, f.reason)
        for f in findings(comparison)
    ]
    metrics = by_name()
    least = ", ".join(
        f"{name.replace('_', ' ')} {value:g}{'%' if metrics[name].share else ' point'}"
        for name, value in comparison.minimums.items()
    )
    note = (
        f"A regression is a change beyond its minimum ({least}) whose one-sided p, Holm-adjusted "
        "over all rows, is below .01. `all arms` is what the arms of a task have in common: the "
        "environment; an arm's own rows are its change beyond that. A change of speed that all arms "
        "share counts only if both sides were measured in turn, or if it stands out from the "
        f"spread of {LEAST_OCCASIONS} or more occasions in the history."
    )
    lines = [
        f"# {escape_markdown(f'{comparison.base} -> {comparison.new}')}",
        "",
        f"**{escape_markdown(summary(comparison))}**",
        "",
        *(f"* {escape_markdown(line)}" for line in remarks),
        "",
        pipes(HEAD),
        pipes(["---"] * len(HEAD)),
        *(pipes(map(escape_markdown, row)) for row in rows),
        "",
        note,
    ]
    return "\n".join(lines) + "\n"
