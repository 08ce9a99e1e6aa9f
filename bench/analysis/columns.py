"""The columns of a frame, written as one line of words."""

from __future__ import annotations


def columns(words: str) -> list[str]:
    """The names in a line of words, in order."""
    return words.split()
