"""A recipe: all that is on in a task's baseline, in one place."""

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
    """Peak: a linear warm-up to it, then cosine to 0."""
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the steps in which the learning rate rises."""
    evaluations: Positive = 10
    """On the validation split, equally spaced by examples seen; the last one after the last step."""
    threads: Positive = 1
    """Intra-op threads of a trial: other counts give other weights."""
    margin: Annotated[float, Field(gt=0, le=50)] = 1.0
    """Of practical relevance, percentage points of test accuracy."""

    @model_validator(mode="after")
    def _fits(self: R) -> R:
        if self.batch_size > self.train_examples:
            raise ValueError(
                f"batch_size {self.batch_size} is above train_examples {self.train_examples}"
            )
        return self

    def evaluation_steps(self) -> list[int]:
        """Steps after which the validation split is evaluated, the last one included."""
        count = min(self.evaluations, self.steps)
        return sorted({round(self.steps * (i + 1) / count) for i in range(count)})


def changed(recipe: R, changes: Mapping[str, Any], task: str) -> R:
    """A recipe with some parameters set.

    Raises:
        UsageError: a parameter that the recipe does not have, or a value out of its range.
    """
    known = type(recipe).model_fields
    for name in changes:
        if name not in known:
            raise unknown(f"recipe parameter of {task}", name, known)
    try:
        return type(recipe).model_validate({**recipe.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "recipe"
        message = first["msg"].removeprefix("Value error, ")
        given = f" (given: {first['input']!r})" if first["loc"] else ""
        raise UsageError(f"recipe.{where} of {task}: {message}{given}") from None


def parse(kind: type[Recipe], name: str, text: str) -> Any:
    """The value of a recipe parameter from the command line; tuples are separated by commas."""
    declared = kind.model_fields.get(name)
    annotation = declared.annotation if declared else None
    if typing.get_origin(annotation) is tuple:
        return tuple(number(part) for part in text.split(","))
    if typing.get_origin(annotation) in (typing.Union, types.UnionType) and text == "none":
        return None
    return number(text)


def number(text: str) -> bool | int | float | str:
    """`true`, `3`, `0.1` or `1e-3` as what they are; anything else stays text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
