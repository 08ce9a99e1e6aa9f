"""The function of a script that trains: set-up, the step, the loop, the weights that are kept."""

from __future__ import annotations

from bench.core.recipe import Recipe
from bench.script.acting import KEPT
from bench.script.step import Plan, train_step, uses, values


def train(plan: Plan, recipe: Recipe) -> str:
    """Write the function `train`."""
    raw, stopping = values(plan), plan.having("stopping")
    shape = "token ids [N, T], padded with 0" if plan.is_text else "images uint8 [N, H, W, C]"
    given = [raw, "labels", *(["validation"] if stopping else [])]
    lines = [
        f"def train({', '.join(given)}):",
        f'    """Train on {shape} and labels [N]; return the network to use."""',
        *[f"    {line}".rstrip() for line in _set_up(plan)],
        "",
        *[f"    {line}".rstrip() for line in train_step(plan)],
        "",
        *[f"    {line}".rstrip() for line in _finish(plan)],
        *[f"    {line}".rstrip() for line in _loop(plan, recipe)],
    ]
    return "\n".join(lines)


def _set_up(plan: Plan) -> list[str]:
    raw = values(plan)
    texts = {"mask": f"{raw}[:2] != 0", "targets": "tf.one_hot(labels[:2], CLASSES)"}
    first = [f"network.embed(as_input({raw}[:2]))"]
    first += [f"{need}={texts[need]}" for need in plan.needs if need in texts]
    lines = ["network = make_network()", f"network({', '.join(first)})"]
    if plan.adapts:
        lines.append(f"network.adapt(lambda count: as_input({raw}[:count]))")
    lines += [f"optimizer = {plan.optimizer}", "optimizer.build(network.trainable_variables)"]
    lines.append("per_epoch = len(labels) // BATCH_SIZE")
    if plan.averages:
        lines.append(
            'averages = [v.value for v in network.variables if v.name.startswith("moving_")]'
        )
    if plan.weighed:
        lines.append("weights = weights_of(network)")
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


def _loop(plan: Plan, recipe: Recipe) -> list[str]:
    raw, stopping = values(plan), plan.having("stopping")
    rows = ", tf.constant(rows)" if uses(plan, "rows") else ""
    lines = []
    if stopping:
        count = recipe.evaluations
        lines = [
            f"evaluated_after = {{round(STEPS * (i + 1) / {count}) for i in range({count})}}",
            "curve, best = [], None",
        ]
    lines += [
        "for step in range(STEPS):",
        "    epoch, place = divmod(step, per_epoch)",
        "    if place == 0:",
        '        key = random_key("batch order", epoch)',
        "        shuffle = tf.random.experimental.stateless_shuffle",
        "        order = shuffle(tf.range(len(labels)), seed=key).numpy()",
        "    rows = order[place * BATCH_SIZE : (place + 1) * BATCH_SIZE]",
        f"    loss = train_step({raw}[rows], labels[rows], tf.constant(step){rows})",
        "    if (step + 1) % max(1, STEPS // 20) == 0:",
        '        print(f"step {step + 1} of {STEPS}: loss {float(loss):.4f}", flush=True)',
    ]
    finishes = bool(plan.having("evaluated")) or (plan.averages and plan.recalibrates)
    if stopping:
        lines += _stopping(plan, finishes)
    if finishes and not stopping:
        lines.append("use_for_evaluation()")
    for t in plan.having("measured"):
        measured = t.method("measured").called({"state": f"{t.name}_variables"}, {})
        lines.append(f'print("{t.name}:", {measured})')
    return [*lines, "return network"]


def _stopping(plan: Plan, finishes: bool) -> list[str]:
    """Write the evaluations that decide which weights are kept and when training stops."""
    lines = ["    if step + 1 in evaluated_after:"]
    if finishes:
        lines += [
            "        trained = [tf.identity(v) for v in network.variables]",
            "        use_for_evaluation()",
        ]
    lines.append("        curve.append(Evaluation(*evaluate(network, *validation)))")
    for t in plan.having("stopping"):
        lines += [
            f"        decision = {t.method('stopping').called({'curve': 'curve'}, {})}",
            "        if decision.keep:",
            "            best = [tf.identity(v) for v in network.variables]",
        ]
    if finishes:
        lines.append("        restore(network.variables, trained)")
    lines += ["        if decision.stop:", "            break", "if best is not None:"]
    lines.append("    restore(network.variables, best)")
    return [*lines, *(["else:", "    use_for_evaluation()"] if finishes else [])]
