"""IMDB reviews with an LSTM and with a small Transformer encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import model_validator

from bench.core.recipe import Positive, Recipe
from bench.core.strategy import TaskFacts
from bench.data.source import Identity, Source
from bench.tasks.task import Task

if TYPE_CHECKING:
    from bench.data.load import Subset
    from bench.networks.network import Network
    from bench.networks.parts import Parts


class TextRecipe(Recipe):
    """A recipe with the sizes that all networks for reviews have."""

    vocabulary: Positive = 5_000
    """Number of token ids, with padding and unknown; the words come from the training split."""
    length: Positive = 100
    """Tokens of a review; longer ones are cut, shorter ones padded on the right."""
    embedding: Positive = 32


class LstmRecipe(TextRecipe):
    """A recipe with the sizes of an LSTM classifier."""

    units: Positive = 32


class TransformerRecipe(TextRecipe):
    """A recipe with the sizes of a Transformer encoder."""

    heads: Positive = 2
    layers: Positive = 2

    @model_validator(mode="after")
    def _divides(self) -> TransformerRecipe:
        if self.embedding % self.heads:
            raise ValueError(f"embedding {self.embedding} is no multiple of heads {self.heads}")
        return self


SMOKE: dict[str, Any] = {
    "train_examples": 512, "validation_examples": 200, "test_examples": 500, "steps": 12,
    "batch_size": 32, "evaluations": 3, "vocabulary": 2_000, "length": 32, "embedding": 16,
}  # fmt: skip
QUICK: dict[str, Any] = {
    "train_examples": 2_000, "validation_examples": 1_000, "test_examples": 2_000, "steps": 150,
    "batch_size": 64,
}  # fmt: skip
STANDARD: dict[str, Any] = {
    "train_examples": 4_000, "validation_examples": 2_000, "test_examples": 5_000, "steps": 600,
    "batch_size": 64, "evaluations": 20, "length": 150,
}  # fmt: skip
FULL: dict[str, Any] = {
    "train_examples": 22_000, "validation_examples": 2_500, "test_examples": 25_000, "steps": 3_500,
    "batch_size": 64, "evaluations": 30, "vocabulary": 10_000, "length": 400, "embedding": 64,
    "learning_rate": 1e-3, "margin": 0.5,
}  # fmt: skip


class Imdb(Task):
    """Film reviews, positive or negative (Maas et al. 2011), with an LSTM."""

    facts = TaskFacts(
        name="imdb",
        modality="text",
        classes=2,
        offers={
            "normalization": ("sequence",),
            "noise": ("sequence", "vector"),
            "hidden": ("sequence",),
        },
    )
    summary = "film reviews, positive or negative; embedding, LSTM, classifier"
    xla = False
    profiles: ClassVar = {
        "smoke": LstmRecipe(**SMOKE, learning_rate=5e-3, units=16),
        "quick": LstmRecipe(**QUICK, learning_rate=5e-3),
        "standard": LstmRecipe(**STANDARD, learning_rate=3e-3),
        "full": LstmRecipe(**FULL, units=64),
    }

    def identify(self, source: Source) -> Identity:
        from bench.data.load import identify

        return identify("imdb_reviews", source)

    def load(self, recipe: Recipe, source: Source) -> Subset:
        from bench.data.load import load, select

        assert isinstance(recipe, TextRecipe)
        data = load("imdb_reviews", source, vocabulary_size=recipe.vocabulary, length=recipe.length)
        return select(data, recipe.train_examples, recipe.validation_examples, recipe.test_examples)

    def network(self, recipe: Recipe, parts: Parts) -> Network:
        from bench.networks.recurrent import RecurrentNetwork

        assert isinstance(recipe, LstmRecipe)
        return RecurrentNetwork(
            parts, recipe.vocabulary, recipe.embedding, recipe.units, self.facts.classes
        )


class ImdbTransformer(Imdb):
    """The same reviews with a small Transformer encoder."""

    facts = TaskFacts(
        name="imdb_transformer",
        modality="text",
        classes=2,
        offers={**Imdb.facts.offers, "merge": ("sequence",)},
    )
    summary = "film reviews, positive or negative; Transformer encoder"
    xla = True
    profiles: ClassVar = {
        "smoke": TransformerRecipe(**SMOKE, learning_rate=2e-3, layers=1),
        "quick": TransformerRecipe(**QUICK, learning_rate=2e-3),
        "standard": TransformerRecipe(**STANDARD, learning_rate=2e-3),
        "full": TransformerRecipe(**FULL, heads=4),
    }

    def network(self, recipe: Recipe, parts: Parts) -> Network:
        from bench.networks.transformer import TransformerNetwork

        assert isinstance(recipe, TransformerRecipe)
        return TransformerNetwork(
            parts,
            recipe.vocabulary,
            recipe.length,
            recipe.embedding,
            recipe.heads,
            recipe.layers,
            self.facts.classes,
        )
