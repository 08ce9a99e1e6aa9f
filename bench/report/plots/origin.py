"""The data, base and regime behind the numbers of a plot or table."""

from __future__ import annotations

from dataclasses import dataclass

SYNTHETIC = "SYNTHETIC STAND-IN DATA \N{EN DASH} no verdict"


@dataclass(frozen=True)
class Origin:
    """Data, base and regime of one task, as they stand on every plot."""

    data: str
    """`tfds:cifar10:3.0.2` or `synthetic:...`."""
    synthetic: bool
    base: str
    """Strategies that the baseline has: `none` or `batch_norm`."""
    note: str = ""
    """The baseline's gap, the profile."""

    @property
    def caption(self) -> str:
        """One line for the foot of a plot."""
        base = "plain baseline" if self.base == "none" else f"base: {self.base}"
        return " \N{MIDDLE DOT} ".join(part for part in (self.data, base, self.note) if part)
