"""The card of a user's data: its content, the examples left out, the effects a study can show."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from bench.core import environment
from bench.core.recipe import Recipe
from bench.data.own.facts import DataFacts
from bench.data.repeated import repeated_rows
from bench.running.profiles import PROFILES
from bench.stats.laws import FixedLook
from bench.stats.power import detectable
from bench.tasks.own import AddressedTask

HARD_FOR_ALL = 0.014
"""Variance over test examples of the mean difference: examples that are hard or easy for all trials."""
DISAGREEMENT = 0.15
"""Variance of one answer's difference beyond that. Both are medians over the treatments of
`results/reference` on both tasks (`test_sampling.csv`).
"""
NAMED_CLASSES = 8
FEW = 20
"""Training examples below which a class is named."""
SEEDS = tuple(dict.fromkeys([*sorted(p.seeds for p in PROFILES.values() if p.seeds > 2), 30]))
WIDTH = 100
FLOAT = 4
"""Bytes of a number."""
MAPS = 4
"""Maps in full size that a network of the suite keeps for its gradient, at the least."""


class Line(NamedTuple):
    """A line of the card."""

    head: str
    text: str
    first: bool = False
    """True if it is shown before a run too."""


def card(task: AddressedTask, profile: str) -> str:
    """Write the whole card."""
    return _written(_lines(task, task.recipe(profile), profile))


def first_lines(task: AddressedTask, recipe: Recipe, profile: str) -> str:
    """Write the lines of the card that a run shows first."""
    return _written([line for line in _lines(task, recipe, profile) if line.first])


def described(task: AddressedTask, profile: str) -> dict[str, Any]:
    """Return the facts of the card as JSON values."""
    facts, recipe = task.data.facts, task.recipe(profile)
    return {
        "task": task.facts.name,
        "address": task.made_from.address,
        "data": task.data.identity,
        **asdict(facts),
        "detectable": {
            seeds: round(smallest_effect(recipe.test_examples, seeds), 2) for seeds in SEEDS
        },
        "profile": profile,
        "recipe": recipe.model_dump(mode="json"),
        "inside": task.made_from.inside,
    }


def smallest_effect(examples: int, seeds: int) -> float:
    """Return the effect, in points, that a test split of some size can show with 80% power.

    Only the sampling of test examples is counted, at the spread that was measured on the built-in
    tasks. Trials differ too, so a study shows no smaller effect than this.
    """
    error = 100 * np.sqrt(HARD_FOR_ALL / examples + DISAGREEMENT / (examples * seeds))
    df = np.array([np.inf])
    return float(detectable(np.array([error]), df, FixedLook(df).critical(0.025))[0])


def _written(lines: Sequence[Line]) -> str:
    indent = 14
    return "\n".join(
        textwrap.fill(
            line.text,
            WIDTH,
            initial_indent=f"{line.head:<{indent}}",
            subsequent_indent=" " * indent,
        )
        for line in lines
    )


def _lines(task: AddressedTask, recipe: Recipe, profile: str) -> list[Line]:
    facts = task.data.facts
    return [
        Line("data", f"{task.made_from.address}, {task.data.identity}", True),
        Line("task", task.facts.name),
        Line("examples", _examples(facts), True),
        Line("classes", _classes(facts), True),
        *_odd_classes(facts),
        _sizes(facts),
        *_left_out(task, recipe),
        *(
            [Line("your model", inside_text(task.made_from.inside), True)]
            if task.made_from.model
            else []
        ),
        Line("defaults", _defaults(recipe, profile), True),
        *_memory(facts, recipe),
        Line("effects", _effects(recipe.test_examples), True),
    ]


def _examples(facts: DataFacts) -> str:
    how = f" (held out: {facts.divided})" if facts.divided else ""
    return f"{facts.train:,} for training, {facts.test:,} for the test{how}"


def _classes(facts: DataFacts) -> str:
    total = facts.train + facts.test
    counts = np.add(facts.train_counts, facts.test_counts)
    order = np.argsort(-counts, kind="stable").tolist()
    shares = [f"{facts.class_names[i]} {counts[i] / total:.1%}" for i in order]
    if len(shares) > NAMED_CLASSES:
        half = NAMED_CLASSES // 2
        shares = [*shares[:half], "...", *shares[-half:]]
    unequal = "; unequal, so macro accuracy stands beside accuracy" if facts.unequal else ""
    return f"{len(facts.class_names)}: {', '.join(shares)}{unequal}"


def _odd_classes(facts: DataFacts) -> Iterator[Line]:
    for head, counts, other_counts in (
        ("only training", facts.train_counts, facts.test_counts),
        ("only test", facts.test_counts, facts.train_counts),
    ):
        names = [
            n
            for n, a, b in zip(facts.class_names, counts, other_counts, strict=True)
            if a and not b
        ]
        if names:
            yield Line(head, _named(names, len(names)), True)
    small_classes = [
        f"{n} {c}" for n, c in zip(facts.class_names, facts.train_counts, strict=True) if c < FEW
    ]
    if small_classes:
        yield Line(
            "few examples", f"training examples: {_named(small_classes, len(small_classes))}"
        )


def _sizes(facts: DataFacts) -> Line:
    if facts.modality == "text":
        low, quarter, middle, upper, most, high = facts.lengths
        several = f"; {facts.line_breaks} texts of several lines" if facts.line_breaks else ""
        return Line(
            "lengths",
            f"{low} to {high} words, half of them {quarter} to {upper}, median {middle}, 95% up to "
            f"{most}; {facts.words:,} different words; {facts.empty} texts without a word{several}",
        )
    height, width, channels = facts.shape
    colors = {1: "grey", 3: "color", 4: "color and transparency"}.get(
        channels, f"{channels} channels"
    )
    smallest, largest = "x".join(map(str, facts.smallest)), "x".join(map(str, facts.largest))
    stored = smallest if smallest == largest else f"{smallest} to {largest}"
    same = stored == f"{height}x{width}"
    larger = height > facts.largest[0] or width > facts.largest[1]
    how = "enlarged" if larger else "resized"
    return Line(
        "sizes", f"{stored}, {colors}" + ("" if same else f"; {how} to {height}x{width}"), larger
    )


def _memory(facts: DataFacts, recipe: Recipe) -> Iterator[Line]:
    """Warn of pictures that a training step can hardly hold."""
    memory = environment.memory()
    if facts.modality == "text" or memory is None:
        return
    height, width, channels = facts.shape
    maps = MAPS * recipe.values().get("widths", (channels / MAPS,))[0]
    least = FLOAT * recipe.batch_size * height * width * maps
    if least > memory / 2:
        yield Line(
            "WARNING",
            f"a step holds {least / 1e9:,.0f} GB or more for a batch of {recipe.batch_size} pictures "
            f"of {height}x{width}, and this machine has {memory / 1e9:.0f} GB of memory; lower "
            "data.size or recipe.batch_size",
            True,
        )


def _left_out(task: AddressedTask, recipe: Recipe) -> Iterator[Line]:
    facts = task.data.facts
    alike = len(repeated_rows(task.dataset(recipe)))
    text = f"{facts.repeated_count} training examples occur in the test split"
    if facts.repeated:
        text += f" ({_named([' = '.join(pair) for pair in facts.repeated], facts.repeated_count)})"
    if alike > facts.repeated_count:
        text += f", {alike - facts.repeated_count} more as the network sees them"
    text += "; they are left out of training and validation" if alike else ""
    text += f"; {facts.repeated_within} repeat another training example"
    yield Line("duplicates", text, bool(alike))
    if facts.unreadable_count:
        names = [f"{name}: {reason}" for name, reason in facts.unreadable]
        yield Line("unreadable", _named(names, facts.unreadable_count), True)
    if facts.unread:
        unread = _named(facts.unread, len(facts.unread))
        yield Line("not used", f"{unread}; validation examples come from the training split", True)
    if facts.others_count:
        yield Line("other files", _named(facts.others, facts.others_count))


def inside_text(inside: Sequence[str]) -> str:
    """Name the regularizing and normalizing layers of a user's model."""
    return f"already in your model: {', '.join(inside) or 'nothing that regularizes'}"


def _defaults(recipe: Recipe, profile: str) -> str:
    values = recipe.values()
    epochs = recipe.steps * recipe.batch_size / recipe.train_examples
    network = values.get("network", "the task's network")
    sizes = "".join(
        f", {name} {value}"
        for name in ("widths", "vocabulary", "length")
        if (value := values.get(name)) is not None
    )
    return (
        f"profile {profile}: network {network}{sizes}; {recipe.train_examples:,} training, "
        f"{recipe.validation_examples:,} validation, {recipe.test_examples:,} test examples; "
        f"{recipe.steps:,} steps of {recipe.batch_size} ({epochs:.0f} epochs), {recipe.optimizer} at "
        f"{recipe.learning_rate:g}"
    )


def _effects(examples: int) -> str:
    effects = ", ".join(f"{smallest_effect(examples, seeds):.1f} with {seeds}" for seeds in SEEDS)
    return (
        f"{examples:,} test examples show none below these, in points, by the number of seeds: "
        f"{effects} (80% power)"
    )


def _named(names: Sequence[str], count: int) -> str:
    """List the first names, and count the others."""
    first_names = ", ".join(names[:5])
    return f"{count}: {first_names}{', ...' if count > 5 else ''}" if count > 1 else first_names
