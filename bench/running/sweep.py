"""A sweep: one parameter at several values."""

from __future__ import annotations

from typing import Any, NamedTuple

from bench.core.errors import UsageError
from bench.core.recipe import number


class Sweep(NamedTuple):
    """A parameter of the recipe or of a strategy, and its values."""

    owner: str
    """`recipe`, or the name of a strategy."""
    parameter: str
    values: tuple[str, ...]
    """Values as typed: `0.1`, or `3x` for three times the default."""

    @classmethod
    def parse(cls, text: str) -> Sweep:
        """Read `recipe.learning_rate=0.3x,1x,3x`.

        Raises:
            UsageError: the text is of another form.
        """
        key, _, values = text.partition("=")
        owner, _, parameter = key.partition(".")
        if not (owner and parameter and values):
            raise UsageError(f"--sweep {text}: write OWNER.PARAMETER=VALUE,VALUE,...")
        return cls(owner, parameter, tuple(values.split(",")))

    def others(self, default: Any) -> dict[str, Any]:
        """Return label -> value, such as `[alpha=0.4]`, each once and without the default."""
        values = [scaled(text, default) for text in self.values]
        return {self._label(value): value for value in values if value != default}

    def _label(self, value: Any) -> str:
        text = f"{value:g}" if isinstance(value, float) else f"{value}"
        if isinstance(value, float) and float(text) != value:
            text = repr(value)  # two values never share a label
        return f"[{self.parameter}={text}]"


def scaled(text: str, default: Any) -> Any:
    """Read `3x` as three times the default, and other texts as values."""
    factor = number(text.removesuffix("x")) if text.endswith("x") else None
    if isinstance(factor, int | float) and isinstance(default, int | float):
        product = default * factor
        return round(product) if isinstance(default, int) else float(f"{product:.12g}")
    value = number(text)
    return float(value) if isinstance(default, float) and isinstance(value, int) else value
