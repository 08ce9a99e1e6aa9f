"""Checks of the output of a network, and of the errors that it raises."""

from __future__ import annotations

import re
from typing import Any

import tensorflow as tf

from bench.core.errors import UsageError
from bench.core.strategy import Tensor

PROBABILITIES = ("Softmax", "Sigmoid")
"""Operations after which a network gives probabilities."""
PASSED_ON = ("Identity", "Cast", "Reshape", "Squeeze")
"""Operations that keep them."""


def refuse_probabilities(logits: Tensor) -> None:
    """Refuse a traced network that ends in a softmax or a sigmoid; the harness applies its own.

    Raises:
        UsageError: it ends in one of the two.
    """
    if tf.executing_eagerly():
        return
    operation = logits.op
    while operation.type in PASSED_ON:
        operation = operation.inputs[0].op
    if operation.type in PROBABILITIES:
        raise UsageError(
            f"the network ends in a {operation.type.lower()}; remove it: it must give logits"
        )


def refuse_other_than_logits(output: Any, examples: int, classes: int) -> None:
    """Refuse the output of a network if it is not logits [examples, classes].

    Raises:
        UsageError: it is not logits.
    """
    if isinstance(output, list | tuple | dict):
        raise UsageError(
            f"the network has {len(output)} outputs, in a {type(output).__name__}; it must give one "
            "tensor of logits"
        )
    shape = tuple(getattr(output, "shape", ()))
    if shape != (examples, classes):
        raise UsageError(
            f"the network gives {shape} for {examples} examples of {classes} classes; it must give "
            f"logits ({examples}, {classes})"
        )


def summary(error: BaseException) -> str:
    """Return the type and the message of an error in one line.

    Keras stands its message in bold between a heading and the arguments of the call.
    """
    text = str(error)
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    lines = (bold.group(1) if bold else text).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:300]}"
