"""The head of a script: its docstring, its imports and its constants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bench.core.recipe import Recipe
from bench.script import rates
from bench.script.notes import Notes
from bench.script.pieces import Pieces
from bench.script.step import Plan
from bench.script.syntax import literal
from bench.tasks.task import Task


def constants(task: Task, recipe: Recipe, plan: Plan) -> str:
    """Write the constants of a script: seed, classes, numbers of examples, the recipe."""
    lines = [
        "SEED = 0", f"CLASSES = {task.facts.classes}", f"TRAIN_EXAMPLES = {recipe.train_examples}",
        f"VALIDATION_EXAMPLES = {recipe.validation_examples}", *rates.constants(recipe),
    ]  # fmt: skip
    parameters: dict[str, Any] = recipe.values()
    if plan.is_text and "vocabulary" in parameters:
        lines.append(
            f"VOCABULARY = {parameters['vocabulary']}  # token ids, with padding 0 and unknown 1"
        )
        lines.append(f"LENGTH = {parameters['length']}  # tokens of a text")
        lines.append(
            f"ENDS = {literal(parameters['ends'])}  # where a longer text keeps its words: start or both"
        )
    return "\n".join(lines)


def preamble(title: str, notes: Notes, to_fill_in: Sequence[str], pieces: Pieces, text: str) -> str:
    """Write the docstring and the imports."""
    doc = f'"""{title}\n\n{notes.head.strip()}\n'
    if to_fill_in:
        doc += "\nTo be filled in by you:\n" + "".join(f"* {line}\n" for line in to_fill_in)
    lines = {"import argparse", "from hashlib import sha256", *pieces.imports}
    lines |= {"import keras", "import numpy as np", "import tensorflow as tf"}
    if "itertools." in text:
        lines.add("import itertools")
    if "NamedTuple" in text:
        lines.add("from typing import NamedTuple")
    libraries = ("keras", "numpy", "tensorflow")
    used = sorted(line for line in lines if _needed(line, text))
    third = [line for line in used if line.split()[1].partition(".")[0] in libraries]
    standard = [line for line in used if line not in third]

    def by_module(line: str) -> tuple[bool, str]:
        return line.startswith("from"), line

    standard, third = sorted(standard, key=by_module), sorted(third, key=by_module)
    return doc + '"""\n\n' + "\n".join([*standard, "", *third])


def _needed(line: str, text: str) -> bool:
    return re.search(rf"\b{line.split()[-1]}\b", text) is not None
