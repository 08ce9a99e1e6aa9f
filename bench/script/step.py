"""The training function of a script: the stages of the techniques, in their order, in one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bench.script.stages import Stage, Technique
from bench.script.syntax import call


class Plan(NamedTuple):
    """Requirements of an arm's training."""

    techniques: Sequence[Technique]
    """Techniques in the order of composition."""
    is_text: bool
    needs: Sequence[str]
    """Arguments of the network's `call` besides the features."""
    averages: bool
    """True if the network has moving statistics."""
    optimizer: str
    adapts: bool
    """True if the network sets frozen weights from training examples."""
    recalibrates: bool
    pixels: str = "images uint8"
    """Images as the script gets them."""
    is_yours: bool = False
    """True for a Keras model of the user's own."""
    penalized: bool = False
    """True if layers of the network add losses of their own."""

    def having(self, stage: str) -> list[Technique]:
        """List the techniques that touch a stage."""
        return [t for t in self.techniques if t.strategy.touches(stage)]

    @property
    def batched(self) -> bool:
        """True if a technique changes batches; a batch is then one value."""
        return any(self.having(stage) for stage in ("examples", "features", "hidden", "loss"))

    @property
    def weighed(self) -> bool:
        """True if a technique gets the weights."""
        return any(
            "weights" in t.method(stage).parameters
            for stage in ("gradients", "update", "state", "evaluated")
            for t in self.having(stage)
        )

    @property
    def mixes_hidden(self) -> bool:
        return "targets" in self.needs


def values(plan: Plan) -> str:
    """Return the name of a batch's raw values."""
    return "ids" if plan.is_text else "images"


def moment(technique: Technique, stage: str) -> dict[str, str]:
    """Return field of a moment -> its text in the training step."""
    name = technique.name
    key = call("random_key", [f'"{stage}/{name}"', "step"])
    return {
        "key": key,
        "step": "step",
        "progress": "tf.cast(step, tf.float32) / STEPS",
        "learning_rate": "rate",
        "drawn": f"{name}_drawn",
        "rows": "rows",
        "epoch": "step // per_epoch",
        "trial_key": f'random_key("trial/{name}")',
        "state": f"{name}_variables",
    }


def uses(plan: Plan, field: str) -> bool:
    """Return true if a technique reads a field of the moment outside of the network."""
    return any(
        field in t.method(stage).moment
        for stage in ("examples", "embedded", "features", "loss", "gradients", "update")
        for t in plan.having(stage)
    )


def nested(
    plan: Plan, stage: str, inner: str, arguments: Sequence[str], given: dict[str, str], indent: str
) -> tuple[list[str], str]:
    """Write stages as functions that wrap each other.

    Args:
        inner: function that the innermost one gets as `rest`.
        arguments: parameters of all the functions.
        given: parameter of the stage -> text.

    Returns:
        lines that define the functions between, and the call of the outermost one.
    """
    lines: list[str] = []
    repeated = repeating(plan) if stage == "loss" else []
    outer, rest = "", inner
    for technique in reversed(plan.having(stage)):
        written: Stage = technique.method(stage)
        if outer:
            lines.append(f"{indent}def {rest}({', '.join(arguments)}):")
            lines += [f"{indent}    {'' if stage == 'update' else 'return '}{outer}", ""]
        inner_rest = f"same_noise({rest})" if technique in repeated else rest
        outer = written.called(
            {**given, "rest": inner_rest, "state": f"{technique.name}_variables"},
            moment(technique, stage),
        )
        rest = f"with_{technique.name}"
    return lines, outer


def repeating(plan: Plan) -> list[Technique]:
    """List the techniques whose passes all have the same noise, if the network has any."""
    if "now" not in plan.needs:
        return []
    return [t for t in plan.having("loss") if t.strategy.facts.same_noise]


def train_step(plan: Plan) -> list[str]:
    """Write the function of a step."""
    raw, rows = values(plan), uses(plan, "rows")
    given = [raw, "labels", "step", *(["rows"] if rows else [])]
    shape = "token ids [B, T]" if plan.is_text else f"{plan.pixels} [B, H, W, C]"
    lines = [
        "@tf.function(autograph=False)",
        f"def train_step({', '.join(given)}):",
        f'    """Train on one batch, {shape} and labels [B]; return the loss."""',
        "    rate = learning_rate(step)",
    ]
    targets = "tf.one_hot(labels, CLASSES)"
    mask = "ids != 0" if plan.is_text else "None"
    if plan.batched:
        lines.append(f"    batch = Batch(as_input({raw}), {mask}, {targets})")
    else:
        lines += ["    mask = ids != 0"] if plan.is_text else []
        lines.append(f"    targets = {targets}")
    for t in plan.having("draw"):
        key = call("random_key", [f'"draw/{t.name}"', "step"])
        drawing = t.method("draw").called({"key": key, "size": "BATCH_SIZE"}, {})
        lines.append(f"    {t.name}_drawn = {drawing}")
    for t in plan.having("examples"):
        lines.append(
            "    batch = " + t.method("examples").called({"batch": "batch"}, moment(t, "examples"))
        )
    if plan.having("gradients"):
        lines += _gradient_stages(plan)
    else:
        lines += [f"    {line}".rstrip() for line in differentiated(plan)]
    lines.append("    optimizer.learning_rate.assign(rate)")
    apply = "optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))"
    if plan.having("update"):
        lines += ["", "    def apply(gradients):", f"        {apply}", ""]
        between, outer = nested(
            plan,
            "update",
            "apply",
            ["gradients"],
            {"weights": "weights", "gradients": "gradients"},
            "    ",
        )
        lines += [*between, f"    {outer}"]
    else:
        lines.append(f"    {apply}")
    return [*lines, "    return loss"]


def _gradient_stages(plan: Plan) -> list[str]:
    again = any(t.method("gradients").reruns for t in plan.having("gradients"))
    keeps = again and plan.averages
    lines = ["    computed = itertools.count()", ""] if keeps else [""]
    lines.append("    def gradients_here():")
    lines.append('        """Return the loss and its gradients at the present weights."""')
    lines += [f"        {line}".rstrip() for line in differentiated(plan, keeps)]
    lines += ["        return Gradients(loss, gradients)", ""]
    between, outer = nested(plan, "gradients", "gradients_here", [], {"weights": "weights"}, "    ")
    return [*lines, *between, f"    loss, gradients = {outer}"]


PENALTIES = "# those of the model's layers"


def differentiated(plan: Plan, keeps: bool = False) -> list[str]:
    """Write the computation of the loss and its gradients.

    Args:
        keeps: true if it may run more than once a step, and the network has moving statistics.
    """
    losses = plan.having("loss")
    again = any(t.method("loss").reruns for t in losses)
    lines: list[str] = []
    if keeps:
        lines.append("first = next(computed) == 0")
    if losses:
        lines += _forward(plan, again, keeps)
    lines.append("with tf.GradientTape() as tape:")
    raw = "batch.values" if plan.batched else f"as_input({values(plan)})"
    batch = "features"
    lines.append(f"    values = network.embed({raw})")
    for t in plan.having("embedded"):
        stage = t.method("embedded")
        texts = {"ids": raw, "embeddings": "values"}
        lines.append("    values = " + stage.called(texts, moment(t, "embedded")))
    if plan.batched:
        lines.append("    features = batch._replace(values=values)")
    for t in plan.having("features"):
        stage = t.method("features")
        lines.append("    features = " + stage.called({"batch": batch}, moment(t, "features")))
    if losses:
        between, outer = nested(plan, "loss", "forward", ["batch"], {"batch": "batch"}, "    ")
        outer = outer.replace("(batch", "(features", 1)
        lines += [*between, f"    loss = tf.reduce_mean({outer}.losses)"]
        if plan.penalized:
            lines.append(f"    loss += tf.add_n(penalties) / len(penalties)  {PENALTIES}")
    else:
        given = "features." if plan.batched else ""
        lines += [f"    {line}" for line in _passed(plan, given, "0", keeps)]
        lines.append(
            "    losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)"
            if plan.mixes_hidden or not plan.batched
            else "    losses = tf.nn.softmax_cross_entropy_with_logits(features.targets, logits)"
        )
        lines.append("    loss = tf.reduce_mean(losses)")
        if plan.penalized:
            lines.append(f"    loss += tf.add_n(network.losses)  {PENALTIES}")
    lines.append("gradients = tape.gradient(loss, network.trainable_variables)")
    if plan.is_text:
        lines.append("# Those of an embedding come as slices of rows.")
        lines.append("gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]")
    return lines


def _forward(plan: Plan, again: bool, keeps: bool) -> list[str]:
    """Write the function of a forward pass, which techniques of the loss call."""
    repeats = bool(repeating(plan))
    numbered = again and (plan.averages or ("now" in plan.needs and not repeats))
    lines = ["passes = itertools.count()", ""] if numbered else [""]
    lines += ["def forward(batch):", '    """Run the network; return the loss of each example."""']
    if plan.penalized:
        lines.insert(0, "penalties = []")
    if repeats:
        lines.insert(0, "next_noise = 0")
        lines += ["    nonlocal next_noise", "    noise, next_noise = next_noise, next_noise + 1"]
    if numbered:
        lines.append("    number = next(passes)")
    number = "noise" if repeats else "number" if numbered else "0"
    several = (again and plan.averages) or keeps
    lines += [f"    {line}" for line in _passed(plan, "batch.", number, several, numbered, keeps)]
    targets = "targets" if plan.mixes_hidden else "batch.targets"
    if plan.penalized:
        lines.append("    penalties.append(tf.add_n(network.losses))")
    lines += [
        f"    losses = tf.nn.softmax_cross_entropy_with_logits({targets}, logits)",
        f"    return LossResult(losses, logits, {targets})",
        "",
    ]
    return [*lines, *(SAME_NOISE if repeats else [])]


SAME_NOISE = [
    "def same_noise(rest):",
    '    """Return `rest` so that each of its calls has the noise of the first one."""',
    "    start = next_noise",
    "",
    "    def again(batch):",
    "        nonlocal next_noise",
    "        next_noise = start",
    "        return rest(batch)",
    "",
    "    return again",
    "",
]


def _passed(
    plan: Plan, batch: str, number: str, several: bool, numbered: bool = False, keeps: bool = True
) -> list[str]:
    """Write a pass through the network.

    Args:
        batch: text before `values`, `mask` and `targets`.
        number: text of the number of the pass.
        several: true if it is not always the first one of its step, and moving statistics wait.
    """
    drawn = [
        t
        for t in plan.having("draw")
        if any(t.strategy.touches(s) for s in ("kernel", "noise", "merge", "hidden"))
    ]
    named = ", {" + ", ".join(f'"{t.name}": {t.name}_drawn' for t in drawn) + "}" if drawn else ""
    texts = {
        "mask": f"{batch}mask", "targets": f"{batch}targets", "training": "True",
        "now": f"Now(step, {number}{named})",
    }  # fmt: skip
    arguments = [f"{batch}values" if batch else "values", *(f"{n}={texts[n]}" for n in plan.needs)]
    result = "logits, targets" if plan.mixes_hidden else "logits"
    lines = [f"{result} = {call('network', arguments)}"]
    if not several:
        return lines
    conditions = ["first"] if keeps else []
    conditions += ["number == 0"] if numbered else []
    return [
        "before = [tf.identity(average) for average in averages]",
        *lines,
        f"if not ({' and '.join(conditions)}):  # Only the first pass of a step moves the averages.",
        "    restore(averages, before)",
    ]
