"""The arms around a base, grouped by their relation to it."""

from __future__ import annotations

from bench.core.study import Study

CARRIES = "what carries the base: without one of it"
REPLACES = "one in place of another"
ADDS = "what adds to the base: with one more"
GROUPS = ["", CARRIES, REPLACES, ADDS]
"""Headings of the groups of arms, in their order."""


def groups(study: Study, task: str) -> dict[str, str]:
    """Return arm -> heading of its group; all are empty if no arm leaves out a part of the base."""
    base = {use.name for use in study.base}
    stacks = {a.name: {u.name for u in a.strategies} for a in study.arms if a.task == task}
    headings = {arm: _group(base, stack) for arm, stack in stacks.items()}
    return headings if CARRIES in headings.values() else dict.fromkeys(headings, "")


def left_out(study: Study, task: str, arm: str) -> list[str]:
    """List the strategies of the base that an arm lacks."""
    stack = {use.name for use in study.arm(task, arm).strategies}
    return [use.name for use in study.base if use.name not in stack]


def _group(base: set[str], stack: set[str]) -> str:
    if stack == base:
        return ""
    if stack > base:
        return ADDS
    return REPLACES if stack - base else CARRIES
