"""Standard output and error that never fail, even if they are closed or cannot encode a character."""

from __future__ import annotations

import codecs
import os
import sys
import unicodedata

ASCII = {
    "\N{GREEK CAPITAL LETTER DELTA}": "change of ",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{PLUS-MINUS SIGN}": "+-",
    "\N{MIDDLE DOT}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{RIGHTWARDS ARROW}": "->",
}
"""Characters of the suite's texts -> their replacement where they cannot be encoded."""


def prepare() -> None:
    """Make both streams safe to print to, for this process and the libraries in it."""
    codecs.register_error("degrade", degraded)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:  # closed; the next file that is opened would take its number
            discard(number)
            setattr(sys, name, os.fdopen(os.dup(number), "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="degrade")


def discard(number: int) -> None:
    """Discard everything that is written to a file descriptor."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != number:
        os.dup2(null, number)
        os.close(null)


def degraded(error: UnicodeError) -> tuple[str, int]:
    """Replace characters that cannot be encoded by similar ones, as an error handler of codecs."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_similar, text)), error.end


def _similar(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return ASCII.get(character) or plain or "?"
