"""An arm as one Keras script, assembled from the source code that a trial runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from bench.core.recipe import Recipe
from bench.core.strategy import (
    Batch,
    Gradients,
    LossResult,
    Strategy,
    ordered,
)
from bench.networks.keras_network import KerasNetwork
from bench.networks.network import Network
from bench.script import rates, texts, yours
from bench.script.acting import CHAINS, DENSE, KEPT, NORMALIZATION
from bench.script.chains import chain, check
from bench.script.data import loading, main
from bench.script.head import constants, preamble
from bench.script.layers import Layers
from bench.script.looking import Look, look
from bench.script.notes import Notes
from bench.script.pieces import Pieces
from bench.script.stages import Technique, described, titled
from bench.script.step import Plan, values
from bench.script.syntax import joined, wrapped
from bench.script.training import evaluation, train
from bench.script.weights import weights
from bench.tasks.task import Task

ORDER = (
    "normalization", "kernel", "noise", "merge", "hidden", "schedule", "draw", "examples", "embedded",
    "features", "loss", "gradients", "state", "update", "evaluated", "stopping", "measured",
)  # fmt: skip
"""Methods of a technique, in the order of a script."""
TAKEN = (
    "train", "evaluate", "unseen", "split", "restore", "recalibrate", "train_step", "network", "weights",
    "optimizer", "load_data", "Now", "rate", "step", "rows", "batch", "main", "learning_rate",
    "as_input", "random_key", "logits_of", "forward", "use_for_evaluation", "weights_of", "make_network",
    "Weights", "Evaluation", "same_noise", "moving_averages", "YourNetwork",
    NORMALIZATION, DENSE, KEPT, "KERNELS", *CHAINS.values(),
)  # fmt: skip
"""Names that the script itself defines; a technique's function of such a name gets another one."""
RULE = 100


class Script(NamedTuple):
    """The text of a script, and the parts that its reader has to fill in."""

    text: str
    left: tuple[str, ...]


def script(
    task: Task, strategies: Sequence[Strategy], recipe: Recipe, data: str, title: str, notes: Notes
) -> Script:
    """Write an arm as a script.

    Args:
        data: identity of the study's data, such as `tfds:cifar10:3.0.2`.
        title: first line of the script.
        notes: measurements of the arm.

    Raises:
        UsageError: a strategy or the network does something that a script cannot contain.
    """
    members = ordered(strategies)
    seen = look(task, members, recipe)
    contract = {f"bench.core.strategy.{name}": text for name, text in texts.VALUES.items()}
    plain = {f"bench.networks.kernels.{name}": text for name, text in texts.KERNELS.items()}
    pieces = Pieces({"bench.core.randomness.integer": "seed_of"}, {**contract, **plain})
    for name in TAKEN:
        pieces.reserve(f"script.{name}", name)
    techniques = []
    sections = [_heading("Random numbers"), texts.RANDOM]
    for strategy in members:
        technique, blocks = _technique(strategy, notes, pieces)
        techniques.append(technique)
        sections += blocks
    pieces.blocks.clear()
    pieces.owned("network")
    to_fill_in: list[str] = []
    network = _network(seen, techniques, pieces, to_fill_in)
    pieces.blocks.clear()
    plan = _plan(task, techniques, recipe, seen, network.needs, pieces)
    check(plan)
    of_optimizer = list(pieces.blocks)
    of_data = loading(task, data, plan, recipe, pieces, to_fill_in)
    shared = _shared(plan, pieces)
    body = [
        *shared, *sections, _heading("Network"), *network.blocks, _heading("Data"), *of_data,
        _heading("Training"), *of_optimizer,
        *_training(plan, recipe, seen, pieces, "\n".join(sections)), main(task, data, plan, recipe),
    ]  # fmt: skip
    text = "\n\n\n".join(block.strip("\n") for block in body if block.strip())
    text = re.sub(r"^(# \S.* -{5,}\n)\n\n(#|[A-Z])", r"\1\n\2", text, flags=re.MULTILINE)
    text = wrapped(joined(text))
    head = preamble(title, notes, to_fill_in, pieces, text)
    gap = "\n\n" if text.startswith("#") else "\n\n\n"
    return Script(f"{head}\n\n{constants(task, recipe, plan)}{gap}{text}\n", tuple(to_fill_in))


def _technique(strategy: Strategy, notes: Notes, pieces: Pieces) -> tuple[Technique, list[str]]:
    """Collect the methods of a technique; return it with the section of a script about it."""
    pieces.owned(strategy.facts.name)
    technique = Technique(strategy, pieces)
    pieces.blocks.clear()
    for method in ORDER:
        if strategy.touches(method):
            technique.method(method)
    head = _head(strategy, notes, technique)
    return technique, [_heading(titled(strategy)), head, *pieces.blocks]


class _NetworkText(NamedTuple):
    blocks: list[str]
    needs: list[str]


def _network(
    seen: Look, techniques: Sequence[Technique], pieces: Pieces, to_fill_in: list[str]
) -> _NetworkText:
    """Write the classes of the network and the function that makes it."""
    if isinstance(seen.network, KerasNetwork):
        to_fill_in.append(yours.TO_FILL_IN)
        pieces.imports.add("import keras")
        return _NetworkText(yours.network(seen.acting.mask), yours.needs(seen.acting.mask))
    kernels = [t for t in techniques if t.strategy.touches("kernel")]
    seen.acting.timed = any(t.method("kernel").moment for t in kernels)
    layers = Layers(seen.network, seen.acting, pieces)
    constructor = layers.constructor()
    needs = layers.needs()
    if "embed" not in vars(type(seen.network)):
        to_fill_in.append("the network has no `embed`: the techniques act on its raw values")
    chains = [
        chain(stage, techniques, seen)
        for stage in CHAINS
        if any(t.strategy.touches(stage) for t in techniques)
    ]
    others = any(t.strategy.touches(s) for t in techniques for s in CHAINS if s != "kernel")
    if chains and (others or seen.acting.timed):
        chains.insert(0, texts.NOW)
    normalizing = [t for t in techniques if t.strategy.touches("normalization")]
    for t in normalizing[:1]:
        layer = t.method("normalization").called({"slot": "slot"}, {})
        doc = '    """Make the normalization of a place in the network."""'
        chains.append(f"def {NORMALIZATION}(slot):\n{doc}\n    return {layer}")
    maker = f"def make_network():\n    return {constructor}"
    return _NetworkText([*chains, *pieces.blocks, maker], needs)


def _plan(
    task: Task, techniques: Sequence[Technique], recipe: Recipe, seen: Look, needs: Sequence[str],
    pieces: Pieces,
) -> Plan:  # fmt: skip
    is_text, is_yours = task.facts.modality == "text", isinstance(seen.network, KerasNetwork)
    adapts = type(seen.network).adapt is not Network.adapt and not (is_yours and is_text)
    return Plan(
        techniques=techniques, is_text=is_text, needs=needs, averages=seen.averages,
        optimizer=rates.optimizer(recipe, pieces), adapts=adapts,
        recalibrates=recipe.statistics == "recalibrated",
        pixels="images float32 in [0, 1]," if seen.fractions else "images uint8",
        is_yours=is_yours, penalized=seen.penalized,
    )  # fmt: skip


def _shared(plan: Plan, pieces: Pieces) -> list[str]:
    """Write the types of the values that functions pass to each other."""
    pieces.blocks.clear()
    if plan.batched:
        pieces.include(Batch)
    if plan.having("loss"):
        pieces.include(LossResult)
    if plan.having("gradients"):
        pieces.include(Gradients)
    return list(pieces.blocks)


def _training(plan: Plan, recipe: Recipe, seen: Look, pieces: Pieces, techniques: str) -> list[str]:
    raw = values(plan)
    blocks = [texts.AS_INPUT["fractions" if seen.fractions else raw]]
    schedules = plan.having("schedule")
    blocks.append(rates.schedule(recipe, "recipe_rate" if schedules else "learning_rate"))
    if schedules:
        rate = "recipe_rate"
        for t in reversed(schedules[1:]):
            inner = t.method("schedule").called(
                {"step": "step", "steps": "STEPS", "rest": rate}, {}
            )
            rate = f"lambda step: {inner}"
        outer = (
            schedules[0]
            .method("schedule")
            .called({"step": "step", "steps": "STEPS", "rest": rate}, {})
        )
        blocks.append(f"def learning_rate(step):\n    return {outer}")
    text = train(plan, recipe, techniques)
    if plan.averages and plan.is_yours:
        blocks.append(yours.moving(plan.is_text))
    if plan.weighed:
        pieces.imports.add("from typing import NamedTuple")
        blocks += weights(plan, seen, techniques)
    finishes = plan.having("evaluated") or plan.having("stopping") or "restore(" in text
    if finishes:
        blocks.append(texts.ASSIGN)
    if plan.averages and plan.recalibrates:
        blocks.append(texts.RECALIBRATE)
    mask = ", mask=batch != 0" if "mask" in plan.needs else ""
    first = "[0]" if plan.mixes_hidden else ""
    evaluating = texts.EVALUATE.format(values=raw, mask=mask, first=first)
    if plan.having("stopping"):
        blocks.append(evaluation(techniques))
        pieces.imports.add("from typing import NamedTuple")
    return [*blocks, text, evaluating]


def _head(strategy: Strategy, notes: Notes, technique: Technique) -> str:
    lines = [described(strategy)]
    if measured := notes.techniques.get(strategy.facts.name):
        lines.append("#\n" + measured)
    return "\n".join([*lines, "", technique.constants()]).rstrip()


def _heading(title: str) -> str:
    return f"# {title[0].upper()}{title[1:]} ".ljust(RULE, "-")
