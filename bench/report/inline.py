"""Plots inside the page: in the page's colors, named, with unique identifiers."""

from __future__ import annotations

import re
from html import escape

from bench.report.plots import style

THEME = {
    style.INK: "var(--ink)",
    style.SOFT: "var(--soft)",
    style.LINE: "var(--line)",
    style.PAPER: "var(--paper)",
    style.BAND: "var(--band)",
    style.BETTER: "var(--better)",
    style.WORSE: "var(--worse)",
    style.SAME: "var(--same)",
    style.OPEN: "var(--open)",
    **{color: f"var(--s{i})" for i, color in enumerate(style.SERIES)},
}
"""Color of the style -> variable of the page, which dark mode changes."""

_COLOR = re.compile(r"#[0-9a-f]{6}")
_FONT = re.compile(r" font-family: [^;\"]+;?")


def inline(svg: str, name: str, alt: str) -> str:
    """Turn a drawing into an element of the page.

    Args:
        svg: `Plot.svg`.
        name: A unique name in the page: identifiers begin with it.
        alt: Words for screen readers.
    """
    prefix = re.sub(r"[^A-Za-z0-9]", "-", name)
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<title>.*?</title>", "", body, flags=re.DOTALL)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r' id="([^"]+)"', rf' id="{prefix}-\1"', body)
    body = re.sub(r"(url\(#|href=\"#)", rf"\1{prefix}-", body)
    body = re.sub(r' transform="rotate\(-0[^"]*"', "", body.replace("xlink:href", "href"))
    body = re.sub(r'(?:style|fill|stroke)="[^"]*"', _themed, body)
    box = re.search(r'viewBox="([^"]+)"', body)
    assert box is not None, "Matplotlib always writes a viewBox"
    opening = (
        f'<svg class="plot" viewBox="{box.group(1)}" role="img" aria-label="{escape(alt)}" '
        'preserveAspectRatio="xMidYMin">'
    )
    return re.sub(r"^<svg[^>]*>", lambda _: opening, body)


def _themed(match: re.Match[str]) -> str:
    themed = _COLOR.sub(lambda color: THEME.get(color.group(), color.group()), match.group())
    return _FONT.sub("", themed)
