"""The variables of a network, as the techniques of a script get them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.core.errors import UsageError
from bench.script.looking import Look
from bench.script.step import Plan
from bench.script.syntax import literal

FIELDS = {
    "trainable": "those that gradients change",
    "decayed": "for each: True for a kernel or an embedding, False for a scale or a bias",
    "tables": "for each: True for an embedding",
    "inputs": "for each: axes over a unit's inputs, if not all but the last",
    "heads": "for each: True for those of the layer that makes the logits",
    "state": "moving averages",
    "classes": "number of classes",
    "kernels": "places of the kernels that techniques change, in the order of a forward pass",
}
"""Field of `Weights` -> its meaning in a script."""


def weights(plan: Plan, seen: Look, text: str) -> list[str]:
    """Write the value that holds the weights for techniques, with the fields that their text reads.

    Raises:
        UsageError: names do not tell the roles of the network's weights.
    """
    fields, averages = read_fields(text), given_averages(plan, text)
    kinds = {name: "int" if name == "classes" else "list" for name in fields}
    lines = [f"    {name}: {kinds[name]}  # {FIELDS[name]}" for name in fields]
    arguments = [f"        {name}={_value(name, plan, seen)}," for name in fields]
    return [
        "\n".join(
            ["class Weights(NamedTuple):", '    """The variables of a network."""', "", *lines]
        ),
        "\n".join(
            [
                f"def weights_of(network{averages}):",
                '    """Return the variables of a network, with their roles."""',
                "    variables = network.trainable_variables",
                "    return Weights(",
                *arguments,
                "    )",
            ]
        ),
    ]


def given_averages(plan: Plan, text: str) -> str:
    """Write the argument for the moving averages of a user's model, which names do not tell."""
    takes = plan.is_yours and plan.averages and "state" in read_fields(text)
    return ", averages" if takes else ""


def read_fields(text: str) -> list[str]:
    """List the fields of the weights that techniques read."""
    read = set(re.findall(r"\bweights\.(\w+)", text))
    return [name for name in FIELDS if name in read]


def _value(name: str, plan: Plan, seen: Look) -> str:
    """Write the value of a field."""
    variables, roles = seen.network.trainable_variables, seen.weights
    if name == "classes":
        return "CLASSES"
    if name == "kernels":
        return literal(tuple(roles.kernels))
    if name == "trainable":
        return "[v.value for v in variables]"
    if name == "state" and plan.is_yours:
        return "averages" if plan.averages else "[]"
    if name == "state":
        return '[v.value for v in network.variables if v.name.startswith("moving_")]'
    if name == "inputs":
        usual = [tuple(range(len(v.shape) - 1)) for v in variables]
        if any(axes and axes != u for axes, u in zip(roles.inputs, usual, strict=True)):
            raise UsageError(
                "a kernel of the network does not end in its units; a script needs that"
            )
        return "()"
    if name == "heads" and plan.is_yours:
        # Keras numbers the names of layers without one, another number in each process.
        places = tuple(place for place, of_head in enumerate(roles.heads) if of_head)
        return f"[place in {places} for place in range(len(variables))]"
    if name == "heads":
        names = [v.path.split("/")[-2] for v in variables]
        return f'[v.path.split("/")[-2] in {_named(names, roles.heads)} for v in variables]'
    return f"[v.name in {_named([v.name for v in variables], getattr(roles, name))} for v in variables]"


def _named(names: list[str], chosen: Sequence[bool]) -> str:
    """Write the names that tell the chosen variables from the others."""
    inside = {name for name, yes in zip(names, chosen, strict=True) if yes}
    if inside & {name for name, yes in zip(names, chosen, strict=True) if not yes}:
        raise UsageError(
            "names do not tell the roles of the network's weights; a script goes by them"
        )
    listed = ", ".join(literal(name) for name in sorted(inside))
    return f"({listed},)" if len(inside) == 1 else f"({listed})"
