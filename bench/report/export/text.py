"""A comparison as lines for a terminal or a log."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.export.compared import (
    ORDER,
    SPEED_ONLY,
    Compared,
    Finding,
    findings,
    summary,
    treatment,
)

IN_FULL = ("regressed", "accepted", "improved", "inconclusive")


def render(compared: Compared) -> str:
    """Write a line for each finding, the worst first; shorten unchanged and incomparable ones."""
    comparison = compared.comparison
    data = ", ".join(f"{task}: {name}" for task, name in comparison.data.items())
    lines = [f"{comparison.base} -> {comparison.new} ({data})", treatment(comparison)]
    if comparison.synthetic:
        lines.append(SPEED_ONLY)
    by_verdict: dict[str, list[Finding]] = {verdict: [] for verdict in ORDER}
    for finding in findings(comparison):
        by_verdict[finding.verdict].append(finding)
    for verdict, group in by_verdict.items():
        lines += map(_line, group) if verdict in IN_FULL else _short(verdict, group)
    return "\n".join([*lines, *comparison.advice, summary(comparison)]) + "\n"


def _line(finding: Finding) -> str:
    head = f"{finding.verdict:<13}{finding.what}  {finding.change}"
    parts = (head, finding.values, f"({finding.evidence})", finding.reason)
    return "  ".join(part for part in parts if part)


def _short(verdict: str, group: Sequence[Finding]) -> list[str]:
    """Write a line for each metric, or each reason, with its arms."""
    arms: dict[str, list[str]] = {}
    for finding in group:
        if verdict == "incomparable":
            arms.setdefault(finding.reason, []).append(finding.what)
        else:
            arms.setdefault(finding.metric, []).append(f"{finding.task} {finding.arm}")
    return [f"{verdict:<13}{key}: {', '.join(names)}" for key, names in arms.items()]
