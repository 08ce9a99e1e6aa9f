"""A comparison as lines for a terminal or a log."""

from __future__ import annotations

from bench.report.export.compared import ORDER, Compared, Finding, findings, summary, treatment

IN_FULL = ("regressed", "accepted", "improved", "inconclusive")


def render(compared: Compared) -> str:
    """Findings line by line, the worst first; what is unchanged or incomparable in short."""
    comparison = compared.comparison
    data = ", ".join(f"{task}: {name}" for task, name in comparison.data.items())
    lines = [f"{comparison.base} -> {comparison.new} ({data})", treatment(comparison)]
    if comparison.synthetic:
        lines.append("SYNTHETIC STAND-IN DATA: speed and memory only")
    found = list(findings(comparison))
    for verdict in ORDER:
        mine = [finding for finding in found if finding.verdict == verdict]
        lines += [_line(f) for f in mine] if verdict in IN_FULL else _short(verdict, mine)
    return "\n".join([*lines, *comparison.advice, summary(comparison)]) + "\n"


def _line(finding: Finding) -> str:
    parts = [
        f"{finding.verdict:<13}{finding.what}  {finding.change}",
        finding.values,
        f"({finding.evidence})",
        finding.reason,
    ]
    return "  ".join(part for part in parts if part)


def _short(verdict: str, found: list[Finding]) -> list[str]:
    """A line for each metric, or each reason, with the arms that it is about."""
    groups: dict[str, list[str]] = {}
    for finding in found:
        key = finding.reason if verdict == "incomparable" else finding.metric
        what = f"{finding.task} {finding.arm}"
        if verdict == "incomparable" and finding.metric:
            what = finding.what
        groups.setdefault(key, []).append(what)
    return [f"{verdict:<13}{key}: {', '.join(arms)}" for key, arms in groups.items()]
