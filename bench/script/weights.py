"""The variables of a network as techniques of a script get them."""

from __future__ import annotations

from bench.core.errors import UsageError
from bench.script.looking import Look
from bench.script.pieces import Pieces

WEIGHTS = {
    "trainable": "those that gradients change",
    "decayed": "for each of them: True for a kernel or an embedding, False for a scale or a bias",
    "tables": "for each of them: True for an embedding",
    "inputs": "for each of them: axes of a kernel over the inputs of a unit",
    "state": "moving averages",
}
"""Field of `Weights` -> its meaning."""


def weights(seen: Look, pieces: Pieces) -> list[str]:
    """Write the value that techniques get the weights in."""
    pieces.imports.add("from typing import NamedTuple")
    roles, variables = seen.weights, seen.network.trainable_variables
    kernels = {v.name for v, decayed in zip(variables, roles.decayed, strict=True) if decayed}
    others = {v.name for v, decayed in zip(variables, roles.decayed, strict=True) if not decayed}
    usual = [tuple(range(len(v.shape) - 1)) for v in variables]
    if kernels & others or any(i and i != u for i, u in zip(roles.inputs, usual, strict=True)):
        raise UsageError(
            "the names of the network's weights do not tell which are kernels, and a script goes by them"
        )
    names = ", ".join(f'"{name}"' for name in sorted(kernels))
    inner = {
        "trainable": "[v.value for v in variables]",
        "decayed": f"[v.name in ({names},) for v in variables]",
        "tables": '[v.name == "embeddings" for v in variables]',
        "inputs": "()",
        "state": '[v.value for v in network.variables if v.name.startswith("moving_")]',
    }
    fields = [f"    {name}: list\n    # {doc}" for name, doc in WEIGHTS.items()]
    given = ",\n".join(f"        {name}={value}" for name, value in inner.items())
    return [
        "class Weights(NamedTuple):\n"
        + '    """The variables of a network."""\n\n'
        + "\n".join(fields),
        "def weights_of(network):\n    variables = network.trainable_variables\n"
        f"    return Weights(\n{given},\n    )",
    ]
