"""IMDB reviews with an LSTM and with a small Transformer encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

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

    earlier: ClassVar = {**Recipe.earlier, "ends": "start"}

    vocabulary: Positive = 5_000
    """Number of token ids, with padding and unknown; the words come from the training split."""
    length: Positive = 100
    """Tokens of a review; longer ones are cut, shorter ones padded on the right."""
    ends: Literal["start", "both"] = "start"
    """Words that a longer review keeps: its first ones, or as many from its start as from its end."""
    embedding: Positive = 32


class LstmRecipe(TextRecipe):
    """A recipe with the sizes of an LSTM classifier, or of one on averaged words and word pairs."""

    earlier: ClassVar = {**TextRecipe.earlier, "network": "lstm", "buckets": 200_000}
    network: Literal["lstm", "ngrams"] = "lstm"
    units: Positive = 32
    """Width of the LSTM."""
    buckets: Positive = 200_000
    """Rows of the table of word pairs of `ngrams`."""


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
    "train_examples": 2_000, "validation_examples": 1_000, "test_examples": 25_000, "steps": 150,
    "batch_size": 64,
}  # fmt: skip
STANDARD: dict[str, Any] = {
    "train_examples": 4_000, "validation_examples": 2_000, "test_examples": 25_000, "steps": 600,
    "batch_size": 64, "evaluations": 20, "length": 150,
}  # fmt: skip
STRONG: dict[str, Any] = {
    "train_examples": 22_000, "validation_examples": 2_500, "test_examples": 25_000,
    "batch_size": 64, "vocabulary": 20_000, "length": 512, "ends": "both", "margin": 0.5,
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
            "kernel": ("dense",),
            "noise": ("sequence", "vector"),
            "hidden": ("sequence",),
            "features": ("sequence",),
        },
    )
    summary = "film reviews, positive or negative; embedding, LSTM, classifier"
    xla = False
    profiles: ClassVar = {
        "smoke": LstmRecipe(**SMOKE, learning_rate=5e-3, units=16),
        "quick": LstmRecipe(**QUICK, learning_rate=5e-3),
        "standard": LstmRecipe(**STANDARD, learning_rate=3e-3),
        "strong": LstmRecipe(
            **STRONG, steps=1_030, learning_rate=4e-3, evaluations=6, network="ngrams"
        ),
        "full": LstmRecipe(**FULL, units=64),
    }

    def identify(self, source: Source) -> Identity:
        from bench.data.load import identify

        return identify("imdb_reviews", source)

    def load(self, recipe: Recipe, source: Source) -> Subset:
        from bench.data.load import load, select

        assert isinstance(recipe, TextRecipe)
        data = load(
            "imdb_reviews",
            source,
            vocabulary_size=recipe.vocabulary,
            length=recipe.length,
            ends=recipe.ends,
        )
        return select(data, recipe.train_examples, recipe.validation_examples, recipe.test_examples)

    def allows_xla(self, recipe: Recipe) -> bool:
        return self.xla or averages_words(recipe)

    def network(self, recipe: Recipe, parts: Parts) -> Network:
        assert isinstance(recipe, LstmRecipe)
        return text_network(recipe, parts, self.facts.classes)


def averages_words(recipe: Recipe) -> bool:
    """Return true if a recipe has no LSTM, whose kernels XLA cannot compile, but averaged words."""
    return isinstance(recipe, LstmRecipe) and recipe.network == "ngrams"


def text_network(recipe: LstmRecipe, parts: Parts, classes: int) -> Network:
    """Build the network that a recipe names."""
    from bench.networks.ngrams import NgramNetwork
    from bench.networks.recurrent import RecurrentNetwork

    words, width = recipe.vocabulary, recipe.embedding
    if recipe.network == "ngrams":
        return NgramNetwork(parts, words, recipe.buckets, width, classes)
    return RecurrentNetwork(parts, words, width, recipe.units, classes)


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
