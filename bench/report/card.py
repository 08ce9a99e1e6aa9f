"""What the report tells of a strategy: facts given by the caller, as plain text."""

from __future__ import annotations

from dataclasses import dataclass


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
