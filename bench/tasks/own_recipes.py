"""Recipes for a user's data: those of the built-in tasks, scaled to the number of examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import model_validator

from bench.core.errors import UsageError
from bench.core.recipe import Recipe
from bench.tasks.cifar10 import Cifar10, ImageRecipe
from bench.tasks.imdb import LstmRecipe, TextRecipe

R = TypeVar("R", bound=Recipe)


class There(NamedTuple):
    """Examples that the data has, without training examples that occur in the test split."""

    train: int
    test: int

    def fault(self, recipe: Recipe) -> str | None:
        """Return what a recipe asks of the data that it does not have; None if it has all."""
        train, validation, test = (
            recipe.train_examples, recipe.validation_examples, recipe.test_examples
        )  # fmt: skip
        if train + validation > self.train:
            return (
                f"{train:,} training and {validation:,} validation examples are more than the "
                f"{self.train:,} that there are; lower recipe.train_examples or "
                "recipe.validation_examples"
            )
        if test > self.test:
            return (
                f"{test:,} test examples are more than the {self.test:,} that there are; lower "
                "recipe.test_examples"
            )
        return None


def limited(recipe: R, there: There) -> R:
    """Return the same recipe of a class that refuses more examples than there are."""
    return cast("R", _limited(type(recipe), there).model_validate(recipe.values()))


@cache
def _limited(plain: type[Recipe], there: There) -> type[Recipe]:
    class Limited(plain):  # type: ignore[valid-type, misc]
        @model_validator(mode="after")  # type: ignore[misc]
        def _exist(self) -> Recipe:
            if fault := there.fault(self):
                raise ValueError(fault)
            return self

        @classmethod
        def stored(cls, values: Mapping[str, Any]) -> Recipe:
            # A stored study may be of other data, which its commands say themselves.
            return plain.stored(values)

        @classmethod
        def there(cls) -> There:
            return there

        def __reduce__(self) -> tuple[Callable[[Mapping[str, Any]], Recipe], tuple[Any, ...]]:
            return plain.model_validate, (self.values(),)

    Limited.__name__ = plain.__name__
    Limited.__doc__ = plain.__doc__
    return Limited


class OwnModelRecipe(Recipe):
    """A recipe of a model of the user's own."""

    network: str = "model"
    """File or module, and function: the name of the model in records."""


class OwnTextModelRecipe(TextRecipe):
    """The same for texts, with the sizes of their token ids."""

    network: str = "model"


class Size(NamedTuple):
    """A profile: the most examples that it takes, and its epochs on them."""

    train: int
    validation: int
    test: int
    epochs: float
    batch: int
    steps: int
    """Most steps."""
    evaluations: int
    least_steps: int = 1
    """Least steps, however few examples there are."""


EVERYTHING = 10**9
IMAGE_SIZES = {
    "smoke": Size(512, 200, 500, 1, 32, 12, 3),
    "quick": Size(1_000, 1_000, 10_000, 16, 64, 250, 10),
    "standard": Size(4_000, 2_000, EVERYTHING, 40, 128, 1_240, 20),
    "strong": Size(EVERYTHING, 5_000, EVERYTHING, 7, 256, 35_000, 7, least_steps=400),
    "full": Size(EVERYTHING, 5_000, EVERYTHING, 40, 128, 35_000, 50),
}
TEXT_SIZES = {
    "smoke": Size(512, 200, 500, 1, 32, 12, 3),
    "quick": Size(2_000, 1_000, 25_000, 5, 64, 150, 10),
    "standard": Size(4_000, 2_000, EVERYTHING, 10, 64, 600, 20),
    "strong": Size(EVERYTHING, 2_500, EVERYTHING, 3, 64, 35_000, 6, least_steps=1_000),
    "full": Size(EVERYTHING, 2_500, EVERYTHING, 10, 64, 35_000, 30),
}
"""About the examples, epochs and steps of the built-in tasks in the same profile."""
IMAGE_RATES = {"smoke": 2e-3, "quick": 6e-3, "standard": 2e-3, "strong": 2e-3, "full": 2e-3}
TEXT_RATES = {"smoke": 5e-3, "quick": 5e-3, "standard": 3e-3, "strong": 4e-3, "full": 1e-3}
"""Rates of Adam."""
OPTIMIZER = {"optimizer", "momentum", "schedule", "final_rate", "learning_rate"}
"""Fields of a recipe that say how its network is trained."""
STRONG_SIDE = 5
"""Least side of an image of the fast network."""
STRONG_WIDTHS = (24, 96, 192, 256, 256)
"""Channels of its groups."""
VALIDATION_SHARE = 0.2
BATCHES = 8
"""Least batches of an epoch, where there are examples for them."""
WIDEST = 128
STRONG_TEXT: dict[str, Any] = {"network": "ngrams", "ends": "both", "margin": 0.5}
LEAST_LENGTH = 4
TEXT_LENGTHS = {"smoke": 32, "quick": 100, "standard": 150, "strong": 512, "full": 400}
VOCABULARIES = {
    "smoke": 2_000, "quick": 5_000, "standard": 5_000, "strong": 20_000, "full": 10_000,
}  # fmt: skip


def examples(size: Size, train: int, test: int) -> dict[str, Any]:
    """Divide examples into training and validation, and set batch, steps and evaluations.

    Args:
        size: profile.
        train: examples that the training split has.
        test: examples of the test split.

    Raises:
        UsageError: there are fewer than two training examples.
    """
    if train < 2:
        raise UsageError(f"{train} training examples leave none for validation; two are needed")
    validation = min(size.validation, max(1, round(VALIDATION_SHARE * train)))
    kept = min(size.train, train - validation)
    least = min(kept, 4)  # a normalization over a batch needs some examples
    batch = min(size.batch, max(least, 2 ** int(math.log2(max(kept / BATCHES, 1)))))
    steps = min(size.steps, max(size.least_steps, round(size.epochs * kept / batch)))
    return {
        "train_examples": kept,
        "validation_examples": validation,
        "test_examples": min(size.test, test),
        "batch_size": batch,
        "steps": steps,
        "evaluations": min(size.evaluations, steps),
    }


def image_recipes(train: int, test: int, shape: tuple[int, ...]) -> Mapping[str, ImageRecipe]:
    """Return the recipes for images, by profile; the network has a block for each halving to 8x8."""
    blocks = min(max(2, round(math.log2(max(shape[:2]) / 8)) + 1), 5)
    widths = tuple(min(16 * 2**block, WIDEST) for block in range(blocks))
    recipes = {
        name: ImageRecipe(
            **examples(size, train, test),
            learning_rate=IMAGE_RATES[name],
            widths=(8, 16) if name == "smoke" else widths,
        )
        for name, size in IMAGE_SIZES.items()
    }
    if min(shape[:2]) >= STRONG_SIDE:
        recipes["strong"] = _strong(recipes["strong"], blocks)
    return {name: limited(recipe, There(train, test)) for name, recipe in recipes.items()}


def _strong(recipe: ImageRecipe, groups: int) -> ImageRecipe:
    """Return the recipe with the network and the optimizer of CIFAR-10's `strong`.

    The learning rate is proportional to the root of the batch, as for other optimizers whose steps do
    not grow with the gradient (Malladi et al. 2022, 2205.10287).
    """
    model = Cifar10.profiles["strong"]
    return recipe.model_copy(
        update={
            **{
                name: getattr(model, name)
                for name in (*OPTIMIZER, "network", "activation", "margin")
            },
            "learning_rate": model.learning_rate * math.sqrt(recipe.batch_size / model.batch_size),
            "widths": STRONG_WIDTHS[:groups],
        }
    )


def text_recipes(
    train: int, test: int, words: int, lengths: tuple[int, ...]
) -> Mapping[str, LstmRecipe]:
    """Return the recipes for texts, by profile.

    Args:
        train: examples of the training split.
        test: examples of the test split.
        words: different words of the training split.
        lengths: quantiles of the lengths of training texts; the 95% one is enough to keep.
    """
    usual = max(LEAST_LENGTH, lengths[-2])
    recipes = {
        name: LstmRecipe(
            **examples(size, train, test),
            learning_rate=TEXT_RATES[name],
            vocabulary=max(3, min(VOCABULARIES[name], words + 2)),
            length=min(TEXT_LENGTHS[name], usual),
            embedding=16 if name == "smoke" else 32,
            units=16 if name == "smoke" else 32,
            **STRONG_TEXT if name == "strong" else {},
        )
        for name, size in TEXT_SIZES.items()
    }
    return {name: limited(recipe, There(train, test)) for name, recipe in recipes.items()}


def for_model(recipes: Mapping[str, Recipe], model: str) -> dict[str, Recipe]:
    """Return the same recipes for a model of the user's own, without the sizes of a network.

    The rate of `strong` belongs to its network, so a model of the user's own is trained by Adam there.
    """
    made: dict[str, Recipe] = {}
    for name, recipe in recipes.items():
        text = isinstance(recipe, TextRecipe)
        kind: type[Recipe] = OwnTextModelRecipe if text else OwnModelRecipe
        fields = kind.model_fields.keys() - OPTIMIZER
        values = {field: value for field, value in recipe.values().items() if field in fields}
        rate = (TEXT_RATES if text else IMAGE_RATES)[name]
        plain = kind(**{**values, "learning_rate": rate, "network": model})
        there = getattr(recipe, "there", None)
        made[name] = plain if there is None else limited(plain, there())
    return made
