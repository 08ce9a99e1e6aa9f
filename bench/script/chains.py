"""The functions of a script in which all techniques of a stage act in the network."""

from __future__ import annotations

from collections.abc import Sequence

from bench.core.errors import UsageError
from bench.script.acting import CHAINS, DENSE, KEPT
from bench.script.looking import Look
from bench.script.stages import Technique
from bench.script.step import Plan


def chain(stage: str, techniques: Sequence[Technique], seen: Look) -> str:
    """Write the function of all techniques that act in one stage of the network."""
    acting = [t for t in techniques if t.strategy.touches(stage)]
    calls = []
    if stage == "kernel":
        return _kernel(acting, seen)
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


def _kernel(acting: Sequence[Technique], seen: Look) -> str:
    """Write the function of all techniques that change kernels, and that of dense layers."""
    now = ", now" if seen.acting.timed else ""
    numbered = any("state" in t.method("kernel").parameters for t in acting)
    lines = [f"def {CHAINS['kernel']}(slot, kernel{now}):"]
    if now:
        lines.append('    """Change a kernel before it is used; in evaluation `now` is None."""')
    if numbered:
        names = ", ".join(f'"{name}"' for name in seen.kernels)
        kept = f"{KEPT} = {{}}  # name of a technique -> the variables that its kernels depend on"
        lines = [f"KERNELS = [{names}]", kept, "", "", *lines]
        lines.append(
            "    slot = slot._replace(number=KERNELS.index(slot.name), total=len(KERNELS))"
        )
    for t in acting:
        texts = {"slot": "slot", "kernel": "kernel", "state": f'{KEPT}["{t.name}"]'}
        moment = {
            field: f"None if now is None else {text}"
            for field, text in in_network(t, "kernel").items()
        }
        line = "    kernel = " + t.method("kernel").called(texts, moment)
        if "state" in t.method("kernel").parameters:
            lines.append(f'    if "{t.name}" in {KEPT}:  # not while the network is built')
            line = "    " + line
        lines.append(line)
    lines.append("    return kernel")
    if not seen.acting.dense:
        return "\n".join(lines)
    return "\n".join([*lines, "", "", _DENSE.format(name=DENSE, chain=CHAINS["kernel"], now=now)])


_DENSE = '''\
def {name}(layer, values{now}):
    """Apply a dense layer with the kernel that the techniques leave it."""
    if not layer.built:
        return layer(values)
    kernel = {chain}(Slot(layer.name, "dense"), tf.convert_to_tensor(layer.kernel){now})
    product = keras.ops.matmul(values, kernel)
    return product if layer.bias is None else keras.ops.add(product, layer.bias)'''


def in_network(technique: Technique, stage: str) -> dict[str, str]:
    """Return field of a moment -> its text in a function of the network."""
    name = technique.name
    purpose = f'"hidden/{name}"' if stage == "hidden" else f'f"{stage}/{{slot.name}}/{name}"'
    return {
        "key": f"now.key({purpose})",
        "step": "now.step",
        "progress": "tf.cast(now.step, tf.float32) / STEPS",
        "learning_rate": "learning_rate(now.step)",
        "drawn": f'now.drawn["{name}"]',
        "trial_key": f'random_key("trial/{name}")',
    }


def check(plan: Plan) -> None:
    """Refuse techniques that read a value that a script's network lacks.

    Raises:
        UsageError: there is such a technique.
    """
    for stage in ("kernel", "noise", "merge", "hidden"):
        for technique in plan.having(stage):
            known = in_network(technique, stage)
            for field in technique.method(stage).moment:
                if field not in known:
                    raise UsageError(
                        f"{technique.name} reads moment.{field} in the network; a script has none there"
                    )
