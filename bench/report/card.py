"""The facts of a strategy for the report, as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.core.strategy import Strategy


@dataclass(frozen=True)
class Card:
    """Facts of one strategy."""

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
    """Claims of its paper."""
    cost: str = ""
    """Cost class that it declares: `free`, `cheap`, `moderate` or `double`."""


def cards(strategies: Mapping[str, type[Strategy]]) -> dict[str, Card]:
    """Make the cards of strategies by name."""
    return {name: _card(name, strategy) for name, strategy in strategies.items()}


def _card(name: str, strategy: type[Strategy]) -> Card:
    facts, paper = strategy.facts, strategy.facts.paper
    return Card(
        name=name,
        family=facts.family,
        paper=f"{paper.authors} {paper.year}, {paper.title}",
        arxiv=paper.arxiv,
        equation=facts.equation,
        summary=facts.summary,
        claims=facts.claims,
        cost=facts.cost,
    )
