"""The function of a script that trains: set-up, the step, the loop, the weights that are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.core.recipe import Recipe
from bench.script.acting import KEPT
from bench.script.step import Plan, train_step, uses, values
from bench.script.syntax import call
from bench.script.weights import given_averages

MEASURED = {
    "step": "step + 1",
    "examples": "(step + 1) * BATCH_SIZE",
    "train_loss": "float(np.mean(losses))",
}
"""Field of an evaluation, beside those on the validation examples -> its text in the loop."""


def evaluation(techniques: str) -> str:
    """Write the value of one evaluation, with the fields that the text of techniques reads."""
    lines = ["class Evaluation(NamedTuple):", "    validation_accuracy: float"]
    lines.append("    validation_nll: float")
    lines += [
        f"    {name}: {'float' if name == 'train_loss' else 'int'}" for name in _read(techniques)
    ]
    return "\n".join(lines)


def _read(techniques: str) -> list[str]:
    return [name for name in MEASURED if re.search(rf"\.{name}\b", techniques)]


def train(plan: Plan, recipe: Recipe, techniques: str) -> str:
    """Write the function `train`.

    Args:
        techniques: text of the techniques.
    """
    raw, stopping = values(plan), plan.having("stopping")
    shape = "token ids [N, T], padded with 0" if plan.is_text else f"{plan.pixels} [N, H, W, C]"
    given = [raw, "labels", *(["validation"] if stopping else [])]
    lines = [
        f"def train({', '.join(given)}):",
        f'    """Train on {shape} and labels [N]; return the network to use."""',
        *[f"    {line}".rstrip() for line in _set_up(plan, techniques)],
        "",
        *[f"    {line}".rstrip() for line in train_step(plan)],
        "",
        *[f"    {line}".rstrip() for line in _finish(plan)],
        *[f"    {line}".rstrip() for line in _loop(plan, recipe, techniques)],
    ]
    return "\n".join(lines)


def _set_up(plan: Plan, techniques: str) -> list[str]:
    raw = values(plan)
    texts = {"mask": f"{raw}[:2] != 0", "targets": "tf.one_hot(labels[:2], CLASSES)"}
    first = [f"network.embed(as_input({raw}[:2]))"]
    first += [f"{need}={texts[need]}" for need in plan.needs if need in texts]
    lines = ["network = make_network()", f"network({', '.join(first)})"]
    if plan.adapts:
        lines.append(f"network.adapt(lambda count: as_input({raw}[:count]))")
    lines += [f"optimizer = {plan.optimizer}", "optimizer.build(network.trainable_variables)"]
    lines.append("per_epoch = len(labels) // BATCH_SIZE")
    if plan.averages and plan.is_yours:
        mask = f", {texts['mask']}" if plan.is_text else ""
        lines.append(f"averages = moving_averages(network, {first[0]}{mask})")
    elif plan.averages:
        lines.append(
            'averages = [v.value for v in network.variables if v.name.startswith("moving_")]'
        )
    if plan.weighed:
        lines.append(f"weights = weights_of(network{given_averages(plan, techniques)})")
    for t in plan.having("state"):
        lines.append(f"{t.name}_variables = {t.method('state').called({'weights': 'weights'}, {})}")
        if t in plan.having("kernel"):
            lines.append(f'{KEPT}["{t.name}"] = {t.name}_variables')
    return lines


def _finish(plan: Plan) -> list[str]:
    """Write the function that puts the weights of an evaluation in place."""
    evaluated = plan.having("evaluated")
    recalibrates = plan.averages and plan.recalibrates
    if not evaluated and not recalibrates:
        return []
    raw = values(plan)
    lines = ["def use_for_evaluation():", '    """Put the weights of an evaluation in place."""']
    for t in evaluated:
        values_of = t.method("evaluated").called(
            {"weights": "weights", "state": f"{t.name}_variables"}, {}
        )
        lines.append(f"    restore(network.trainable_variables, {values_of})")
    if recalibrates:
        mask = f", mask={raw}[rows] != 0" if "mask" in plan.needs else ""
        targets = ", targets=tf.one_hot(labels[rows], CLASSES)" if plan.mixes_hidden else ""
        training = ", training=True" if "training" in plan.needs else ""
        lines += [
            "",
            "    def observe(number):",
            "        rows = np.arange(number * BATCH_SIZE, (number + 1) * BATCH_SIZE) % len(labels)",
            f"        network(network.embed(as_input({raw}[rows])){mask}{targets}{training})",
            "",
            "    recalibrate(averages, observe)",
        ]
    return [*lines, ""]


def _loop(plan: Plan, recipe: Recipe, techniques: str) -> list[str]:
    raw, stopping = values(plan), plan.having("stopping")
    rows = ", tf.constant(rows)" if uses(plan, "rows") else ""
    lines = []
    if stopping:
        count = recipe.evaluations
        lines = [
            f"evaluated_after = {{round(STEPS * (i + 1) / {count}) for i in range({count})}}",
            "curve, best = [], None",
        ]
    averages_loss = stopping and "train_loss" in _read(techniques)
    if averages_loss:
        lines.append("losses = []  # since the last evaluation")
    lines += [
        "for step in range(STEPS):",
        "    epoch, place = divmod(step, per_epoch)",
        "    if place == 0:",
        '        key = random_key("batch order", epoch)',
        "        shuffle = tf.random.experimental.stateless_shuffle",
        "        order = shuffle(tf.range(len(labels)), seed=key).numpy()",
        "    rows = order[place * BATCH_SIZE : (place + 1) * BATCH_SIZE]",
        f"    loss = train_step({raw}[rows], labels[rows], tf.constant(step){rows})",
        *(["    losses.append(loss)"] if averages_loss else []),
        "    if (step + 1) % max(1, STEPS // 20) == 0:",
        '        print(f"step {step + 1} of {STEPS}: loss {float(loss):.4f}", flush=True)',
    ]
    finishes = bool(plan.having("evaluated")) or (plan.averages and plan.recalibrates)
    if stopping:
        lines += _stopping(plan, finishes, _read(techniques))
    if finishes and not stopping:
        lines.append("use_for_evaluation()")
    for t in plan.having("measured"):
        measured = t.method("measured").called({"state": f"{t.name}_variables"}, {})
        lines.append(f'print("{t.name}:", {measured})')
    return [*lines, "return network"]


def _stopping(plan: Plan, finishes: bool, read: Sequence[str]) -> list[str]:
    """Write the evaluations that decide which weights are kept and when training stops.

    Args:
        finishes: true if other weights than the trained ones are evaluated.
        read: fields of `MEASURED` that techniques read.
    """
    lines = ["    if step + 1 in evaluated_after:"]
    if finishes:
        lines += [
            "        trained = [tf.identity(v) for v in network.variables]",
            "        use_for_evaluation()",
        ]
    arguments = ["*evaluate(network, *validation)", *(f"{name}={MEASURED[name]}" for name in read)]
    lines.append(f"        curve.append({call('Evaluation', arguments)})")
    if "train_loss" in read:
        lines.append("        losses.clear()")
    decisions = [
        t.method("stopping").called({"curve": "curve"}, {}) for t in plan.having("stopping")
    ]
    keeps, stops = "decision.keep", "decision.stop"
    if len(decisions) == 1:
        lines.append(f"        decision = {decisions[0]}")
    else:
        lines += [
            "        decisions = [",
            *(f"            {decision}," for decision in decisions),
            "        ]",
        ]
        keeps, stops = (f"any({each} for decision in decisions)" for each in (keeps, stops))
    lines += [
        f"        if {keeps}:",
        "            best = [tf.identity(v) for v in network.variables]",
    ]
    if finishes:
        lines.append("        restore(network.variables, trained)")
    lines += [f"        if {stops}:", "            break", "if best is not None:"]
    lines.append("    restore(network.variables, best)")
    return [*lines, *(["else:", "    use_for_evaluation()"] if finishes else [])]
