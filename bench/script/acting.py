"""Places in a network where the techniques of an arm act, and their names in a script."""

from __future__ import annotations

from dataclasses import dataclass, field

CHAINS = {
    "kernel": "used_kernel", "noise": "slot_noise", "merge": "merged", "hidden": "mixed_hidden",
}  # fmt: skip
"""Stage in the network -> the script's function of all techniques that act there."""

NORMALIZATION = "normalization_layer"
DENSE = "dense_output"
"""The function of a script that applies a dense layer with a changed kernel."""
KEPT = "KEPT"
"""The variables that kernel stages of a script read, by the name of the technique."""


@dataclass
class Acting:
    """The stages in which techniques of an arm act in the network."""

    stages: frozenset[str]
    sites: frozenset[tuple[str, int]]
    """(file, line) of each call of a slot that changes its values."""
    normalized: bool
    masked: bool
    """True if the normalizations take a mask."""
    mask: bool
    """True for text."""
    dense: bool = False
    """True if a kernel stage changes the kernel of a dense layer."""
    timed: bool = False
    """True if a kernel stage reads the moment."""


@dataclass
class Written:
    """The text of a layer's class, and the arguments of its `call` beside the values."""

    needs: list[str] = field(default_factory=list)
    unused: set[str] = field(default_factory=set)
    """Parameters of `__init__` that a class without the empty slots does not read."""
