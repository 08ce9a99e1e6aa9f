"""The recipe of a task: everything that is switched on in its baseline, in one place."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from bench.core.errors import UsageError, unknown
from bench.core.record import Schema

Positive = Annotated[int, Field(ge=1)]
R = TypeVar("R", bound="Recipe")
Statistics: TypeAlias = Literal["recalibrated", "moving"]
Prediction: TypeAlias = Literal["mirrored", "temperature", "noise"]
"""Ways to predict beside the plain one (`bench.training.predictions`)."""


class Recipe(Schema):
    """An optimizer without weight decay, cross-entropy on one-hot targets, no augmentation."""

    earlier: ClassVar[Mapping[str, Any]] = {
        "optimizer": "adam",
        "momentum": 0.9,
        "schedule": "cosine",
        "final_rate": 0.0,
        "statistics": "moving",
        "resample": False,
        "predictions": (),
    }
    """Values of parameters that recipes of earlier versions lack.

    A stored recipe leaves out parameters with these values. So it equals the recipe of an earlier
    version that trains the same.
    """

    train_examples: Positive
    validation_examples: Positive
    test_examples: Positive
    steps: Positive
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0, le=10)]
    """Peak learning rate."""
    optimizer: Literal["adam", "sgd", "muon"] = "adam"
    """`sgd` has Nesterov momentum; `muon` trains hidden kernels by Muon, the rest by Adam."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Momentum of `sgd` and `muon`; Adam has its own constants."""
    schedule: Literal["cosine", "linear", "triangle", "constant"] = "cosine"
    """Course of the learning rate after the warm-up (`bench.training.schedule`)."""
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the steps in which the learning rate rises linearly."""
    final_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Learning rate after the last step, as a share of the peak."""
    evaluations: Positive = 10
    """Number of evaluations on the validation split, equally spaced; one follows the last step."""
    statistics: Statistics = "recalibrated"
    """Statistics of normalization layers in an evaluation, the same choice for all arms of a study.

    `moving`: the moving averages of the training. `recalibrated`: estimated for the evaluated weights on
    clean training batches. Moving averages lag in a short training, are those of mixed images where
    a technique mixes them, and do not belong to averaged weights.
    """
    resample: bool = True
    """True if each seed draws training and validation examples of its own, the same for all arms.

    False: all seeds share the first training and the last validation examples, and an effect says
    nothing about other examples.
    """
    predictions: tuple[Prediction, ...] = ()
    """Further ways to predict, each evaluated on the test split beside the plain one, never in its
    place (`bench.training.predictions`). A record has those that apply to its arm.
    """
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

    @model_serializer(mode="wrap")
    def _as_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values = serialize(self)
        same = {name for name, value in self.earlier.items() if getattr(self, name) == value}
        return {name: value for name, value in values.items() if name not in same}

    @classmethod
    def stored(cls: type[R], values: Mapping[str, Any]) -> R:
        """Read a recipe from a record or a study of this or an earlier version."""
        return cls.model_validate({**cls.earlier, **values})

    def values(self) -> dict[str, Any]:
        """Return every parameter by name."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def scaled(self: R, factor: float) -> R:
        """Return the recipe with the training examples and the steps multiplied by a factor."""
        if factor == 1:
            return self
        sizes = {
            "train_examples": max(self.batch_size, round(factor * self.train_examples)),
            "steps": max(1, round(factor * self.steps)),
        }
        return self.model_copy(update=sizes)

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
        return type(recipe).model_validate({**recipe.values(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f".{part}" for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        given = f" (given: {first['input']!r})" if first["loc"] else ""
        raise UsageError(f"recipe{where} of {task}: {message}{given}") from None


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
