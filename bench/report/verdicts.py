"""Verdicts as readers see them: their order, and the kind that gives each its color."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "helps": "helps",
    "equivalent": "same",
    "negligible": "same",
    "inconclusive": "open",
    "hurts": "hurts",
}
"""Verdict -> kind, best first. Every other word (`exploratory`) is no verdict."""


def rank(verdict: str) -> int:
    """Return a verdict's place in the order; other words come last."""
    return list(KINDS).index(verdict) if verdict in KINDS else len(KINDS)


def css(verdict: str) -> str:
    """Return the class that colors a verdict on the page."""
    return f"v-{KINDS.get(verdict, 'none')}"
