"""Verdicts for readers: their order, short words for plots, and the kind that colors each."""

from __future__ import annotations

from collections.abc import Mapping

from bench.analysis.verdict import (
    BETTER,
    BETTER_BY_MARGIN,
    OPEN,
    VERDICTS,
    WITHIN,
    WORSE,
    WORSE_BY_MARGIN,
)

KINDS: Mapping[str, str] = {
    BETTER_BY_MARGIN: "better",
    BETTER: "better",
    WITHIN: "same",
    OPEN: "open",
    WORSE: "worse",
    WORSE_BY_MARGIN: "worse",
}
"""Verdict -> kind. Other words (`exploratory`) are no verdicts."""
SHORT: Mapping[str, str] = {
    BETTER_BY_MARGIN: "better by > margin",
    BETTER: "better",
    WITHIN: "within margin",
    OPEN: "open",
    WORSE: "worse",
    WORSE_BY_MARGIN: "worse by > margin",
}
"""Verdict -> a shorter form of it."""


def rank(verdict: str) -> int:
    """Return a verdict's place in the order, the best first; other words come last."""
    return VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS)


def css(verdict: str) -> str:
    """Return the class that colors a verdict on the page."""
    return f"v-{KINDS.get(verdict, 'none')}"
