"""Estimates of a choice in words, for its story."""

from __future__ import annotations

from bench.advising.evidence import Evidence
from bench.advising.rounds import Round, Stack, name_of

SHOWN = 4
"""Number of stacks that the outcome of a round names."""


def outcome(evidence: Evidence, ended: Round) -> str:
    """Describe the estimated gains of the best stacks of a round over its present stack."""
    estimates = evidence.estimates(ended.stacks)
    tried = [s for s in ended.stacks if s != ended.present and s in evidence.tried]
    gains = {stack: estimates.gain(ended.present, stack) for stack in tried}
    best = sorted(gains, key=lambda stack: -gains[stack][0])[:SHOWN]
    told = [f"{name_of(stack)} {_points(*gains[stack])}" for stack in best]
    failed = [name_of(stack) for stack in ended.stacks if stack in evidence.failed]
    return ", ".join([*told, *(f"{name} failed" for name in failed)])


def carried(evidence: Evidence, stack: Stack) -> list[str]:
    """Describe the estimated gain of each member of a stack over the rest of it, the largest first."""
    smaller = {name: tuple(member for member in stack if member != name) for name in stack}
    estimates = evidence.estimates([stack, *smaller.values()])
    gains = {name: estimates.gain(rest, stack) for name, rest in smaller.items()}
    order = sorted(gains, key=lambda name: -gains[name][0])
    return [f"{name} {_points(*gains[name])}" for name in order]


def _points(mean: float, sd: float) -> str:
    return f"{mean:+.1f} ± {sd:.1f}"
