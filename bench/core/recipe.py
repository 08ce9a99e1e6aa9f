"""The recipe of a task: everything that is on in its baseline, in one place."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, model_validator

from bench.core.errors import UsageError, unknown
from bench.core.record import Schema

Positive = Annotated[int, Field(ge=1)]
R = TypeVar("R", bound="Recipe")


class Recipe(Schema):
    """Adam without weight decay, cross-entropy on one-hot targets, no augmentation."""

    train_examples: Positive
    validation_examples: Positive
    test_examples: Positive
    steps: Positive
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0, le=10)]
    """Peak learning rate. It rises linearly to the peak and falls to 0 along a cosine."""
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the steps in which the learning rate rises."""
    evaluations: Positive = 10
    """Number of evaluations on the validation split, equally spaced; one follows the last step."""
    threads: Positive = 1
    """Threads inside an operation of TensorFlow. Another number gives other weights."""
    margin: Annotated[float, Field(gt=0, le=50)] = 1.0
    """Smallest difference of practical relevance, in percentage points of test accuracy."""

    @model_validator(mode="after")
    def _fits(self: R) -> R:
        if self.batch_size > self.train_examples:
            raise ValueError(
                f"batch_size {self.batch_size} is above train_examples {self.train_examples}"
            )
        return self

    def evaluation_steps(self) -> list[int]:
        """List the steps that an evaluation follows; the last step is one of them."""
        count = min(self.evaluations, self.steps)
        return sorted({round(self.steps * (i + 1) / count) for i in range(count)})


def changed(recipe: R, changes: Mapping[str, Any], task: str) -> R:
    """Return a recipe with some parameters set.

    Raises:
        UsageError: the recipe has no such parameter, or a value is out of its range.
    """
    fields = type(recipe).model_fields
    for name in changes:
        if name not in fields:
            raise unknown(f"recipe parameter of {task}", name, fields)
    try:
        return type(recipe).model_validate({**recipe.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        message = first["msg"].removeprefix("Value error, ")
        given = f" (given: {first['input']!r})" if first["loc"] else ""
        raise UsageError(f"recipe.{where} of {task}: {message}{given}") from None


def parse(kind: type[Recipe], name: str, text: str) -> Any:
    """Read the value of a recipe parameter from the command line; commas separate a tuple."""
    field = kind.model_fields.get(name)
    annotation = field.annotation if field else None
    if typing.get_origin(annotation) is tuple:
        return tuple(number(part) for part in text.split(","))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType) and text == "none":
        return None
    return number(text)


def number(text: str) -> bool | int | float | str:
    """Read `true`, `3`, `0.1` or `1e-3` as a value; anything else stays text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
