"""The columns of a frame, written as one line of words."""

from __future__ import annotations


def columns(words: str) -> list[str]:
    """Return the names in a line of words, in order."""
    return words.split()
