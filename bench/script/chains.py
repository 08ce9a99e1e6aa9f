"""The functions of a script in which all techniques of a stage act in the network."""

from __future__ import annotations

from collections.abc import Sequence

from bench.script.acting import CHAINS
from bench.script.looking import Look
from bench.script.stages import Technique
from bench.script.step import in_network


def chain(stage: str, techniques: Sequence[Technique], seen: Look) -> str:
    """Write the function of all techniques that act in one stage of the network."""
    acting = [t for t in techniques if t.strategy.touches(stage)]
    calls = []
    if stage == "kernel":
        lines = [f"def {CHAINS[stage]}(slot, kernel):"]
        for t in acting:
            calls.append(
                "    kernel = "
                + t.method(stage).called({"slot": "slot", "kernel": "kernel"}, in_network(t, stage))
            )
        return "\n".join([*lines, *calls, "    return kernel"])
    doc = '    """{}; nothing in evaluation, where `now` is None."""'
    if stage == "noise":
        lines = [f"def {CHAINS[stage]}(slot, values, now):", doc.format("Change activations")]
        lines += ["    if now is None:", "        return values"]
        arguments = {"slot": "slot", "values": "values"}
        for t in acting:
            calls.append("    values = " + t.method(stage).called(arguments, in_network(t, stage)))
        return "\n".join([*lines, *calls, "    return values"])
    if stage == "merge":
        lines = [f"def {CHAINS[stage]}(slot, shortcut, branch, now):"]
        lines.append(
            '    """Add a residual branch to its shortcut; all of it where `now` is None."""'
        )
        lines += ["    if now is None:", "        return shortcut + branch"]
        arguments = {"slot": "slot", "shortcut": "shortcut", "branch": "branch"}
        t = acting[0]
        return "\n".join(
            [*lines, "    return " + t.method(stage).called(arguments, in_network(t, stage))]
        )
    names = ", ".join(f'"{name}"' for name in seen.hidden)
    lines = [f"HIDDEN_STATES = [{names}]", "", "", f"def {CHAINS[stage]}(slot, batch, now):"]
    lines += [doc.format("Change a hidden state, its mask and its targets"), "    if now is None:"]
    lines += ["        return batch", "    number = HIDDEN_STATES.index(slot.name)"]
    lines.append("    slot = slot._replace(number=number, total=len(HIDDEN_STATES))")
    for t in acting:
        calls.append(
            "    batch = "
            + t.method(stage).called({"slot": "slot", "batch": "batch"}, in_network(t, stage))
        )
    return "\n".join([*lines, *calls, "    return batch"])
