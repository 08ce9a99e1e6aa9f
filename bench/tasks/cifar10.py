"""CIFAR-10 with a small residual network, or with a fast one; both train without normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from bench.core.recipe import Positive, Recipe
from bench.core.strategy import TaskFacts
from bench.data.source import Identity, Source
from bench.tasks.task import Task

if TYPE_CHECKING:
    from bench.data.load import Subset
    from bench.networks.network import Network
    from bench.networks.parts import Parts
    from bench.networks.residual import Standard


class ImageRecipe(Recipe):
    """A recipe with the network for images and its sizes."""

    earlier: ClassVar = {**Recipe.earlier, "network": "residual", "activation": "relu"}
    network: Literal["residual", "fast"] = "residual"
    """`fast` reaches a higher accuracy with the same operations (`bench.networks.fast`)."""
    widths: tuple[Positive, ...] = (16, 32, 64)
    """Channels of each block of `residual`, of each group of `fast`."""
    activation: Literal["relu", "gelu", "silu"] = "relu"


class Cifar10(Task):
    """32x32 color photographs of 10 kinds of things (Krizhevsky 2009)."""

    facts = TaskFacts(
        name="cifar10",
        modality="image",
        classes=10,
        offers={
            "normalization": ("map",),
            "kernel": ("convolution", "dense"),
            "noise": ("map", "vector"),
            "merge": ("map",),
            "hidden": ("map",),
        },
    )
    summary = "photographs of 10 sorts of things; residual network"
    profiles: ClassVar = {
        "smoke": ImageRecipe(
            train_examples=512, validation_examples=200, test_examples=500, steps=12,
            batch_size=32, learning_rate=2e-3, evaluations=3, widths=(8, 16),
        ),
        "quick": ImageRecipe(
            train_examples=1_000, validation_examples=1_000, test_examples=10_000, steps=250,
            batch_size=64, learning_rate=6e-3, evaluations=10,
        ),
        "standard": ImageRecipe(
            train_examples=4_000, validation_examples=2_000, test_examples=10_000, steps=1_240,
            batch_size=128, learning_rate=2e-3, evaluations=20,
        ),
        "strong": ImageRecipe(
            train_examples=45_000, validation_examples=5_000, test_examples=10_000, steps=1_230,
            batch_size=256, learning_rate=0.05, optimizer="muon", momentum=0.6,
            schedule="triangle", final_rate=0.07, evaluations=7, network="fast",
            widths=(24, 96, 192), activation="gelu", margin=0.5,
        ),
        "full": ImageRecipe(
            train_examples=45_000, validation_examples=5_000, test_examples=10_000, steps=35_000,
            batch_size=128, learning_rate=2e-3, evaluations=50, widths=(32, 64, 128), margin=0.5,
        ),
    }  # fmt: skip

    def identify(self, source: Source) -> Identity:
        from bench.data.load import identify

        return identify("cifar10", source)

    def load(self, recipe: Recipe, source: Source) -> Subset:
        from bench.data.load import load, select

        data = load("cifar10", source)
        return select(data, recipe.train_examples, recipe.validation_examples, recipe.test_examples)

    def network(self, recipe: Recipe, parts: Parts) -> Network:
        from bench.networks.residual import CIFAR10

        assert isinstance(recipe, ImageRecipe)
        return image_network(recipe, parts, self.facts.classes, CIFAR10)


def image_network(recipe: ImageRecipe, parts: Parts, classes: int, standard: Standard) -> Network:
    """Build the network that a recipe names, for images whose pixels `standard` standardizes."""
    from bench.networks.fast import FastNetwork
    from bench.networks.residual import ResidualNetwork

    kind = {"residual": ResidualNetwork, "fast": FastNetwork}[recipe.network]
    return kind(parts, recipe.widths, classes, recipe.activation, standard)
