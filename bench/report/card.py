"""What the report tells of a strategy: facts given by the caller, as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.core.strategy import Strategy


@dataclass(frozen=True)
class Card:
    """The facts of one strategy."""

    name: str
    family: str
    """`normalization`, `mixing`, ..."""
    paper: str = ""
    """Authors, year, title."""
    arxiv: str = ""
    """arXiv id, such as `1502.03167`."""
    equation: str = ""
    summary: str = ""
    claims: tuple[str, ...] = ()
    """What its paper claims."""
    cost: str = ""
    """Cost class that it declares: `free`, `cheap`, `moderate` or `double`."""


def cards(strategies: Mapping[str, type[Strategy]]) -> dict[str, Card]:
    """Cards of strategies by name."""
    made = {}
    for name, kind in strategies.items():
        facts, paper = kind.facts, kind.facts.paper
        made[name] = Card(
            name=name,
            family=facts.family,
            paper=f"{paper.authors} {paper.year}, {paper.title}",
            arxiv=paper.arxiv,
            equation=facts.equation,
            summary=facts.summary,
            claims=facts.claims,
            cost=facts.cost,
        )
    return made
