"""A task made from an address of data: its facts come from the data.

The registry imports the modules of this package, so NumPy is imported where it is used.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bench.core.errors import UsageError
from bench.core.recipe import Recipe
from bench.core.strategy import TaskFacts
from bench.core.study import OwnTask
from bench.data.source import Identity, Source
from bench.tasks.cifar10 import Cifar10, ImageRecipe, image_network
from bench.tasks.imdb import Imdb, LstmRecipe, TextRecipe, averages_words, text_network
from bench.tasks.own_recipes import TEXT_SIZES, examples, for_model, image_recipes, text_recipes
from bench.tasks.task import Task

if TYPE_CHECKING:
    from bench.data.dataset import Dataset
    from bench.data.load import Subset
    from bench.data.own.facts import DataFacts
    from bench.data.own.load import OwnData
    from bench.networks.network import Network
    from bench.networks.parts import Parts


class AddressedTask(Task):
    """A task of a user's data. Subclasses made by `own_task` have its facts."""

    made_from: ClassVar[OwnTask]
    """All that makes the task again in another process."""
    data: ClassVar[OwnData]
    make: ClassVar[Callable[[], Any] | None] = None
    """Returns the user's function that builds a model; None without such a model."""

    def recipe(self, profile: str) -> Recipe:
        """Return the recipe of a profile, with no more examples than there are."""
        recipe = super().recipe(profile)
        if not isinstance(recipe, TextRecipe):
            return recipe
        left = self._training_examples(recipe)
        if recipe.train_examples + recipe.validation_examples <= left:
            return recipe
        texts = f" in the {recipe.length} words that profile {profile} reads of a text"
        _check_number(left, self.data.facts, self.made_from.address, texts)
        return recipe.model_copy(update=examples(TEXT_SIZES[profile], left, self.data.facts.test))

    def sized(self, profile: str, scale: float) -> Recipe:
        recipe = super().sized(profile, scale)
        most = self._training_examples(recipe) - recipe.validation_examples
        return recipe.model_copy(update={"train_examples": min(recipe.train_examples, most)})

    def _training_examples(self, recipe: Recipe) -> int:
        """Count the training examples that do not occur in the test split.

        Texts are compared as the recipe encodes them: fewer words tell fewer texts apart.
        """
        from bench.data.repeated import repeated_rows

        facts = self.data.facts
        if not isinstance(recipe, TextRecipe):
            return facts.train - facts.repeated_count
        return facts.train - len(repeated_rows(self.dataset(recipe)))

    def allows_xla(self, recipe: Recipe) -> bool:
        return self.xla or averages_words(recipe)

    def identify(self, source: Source) -> Identity:
        if source.mode == "synthetic":
            raise UsageError(
                f"{self.made_from.address} has no stand-in; leave --data synthetic out"
            )
        return Identity(self.data.identity, synthetic=False)

    def load(self, recipe: Recipe, source: Source) -> Subset:
        from bench.data.load import select

        data = self.dataset(recipe)
        return select(data, recipe.train_examples, recipe.validation_examples, recipe.test_examples)

    def dataset(self, recipe: Recipe) -> Dataset:
        """Return all examples, as the recipe encodes them."""
        from bench.data.own.load import images, texts

        if not isinstance(recipe, TextRecipe):
            return images(self.data)
        return texts(self.data, recipe.vocabulary, recipe.length, recipe.ends)

    def network(self, recipe: Recipe, parts: Parts) -> Network:
        classes = self.facts.classes
        make = type(self).make
        if make is not None:
            from bench.networks.keras_network import KerasNetwork
            from bench.networks.own_model import built

            sizes = self.sizes(recipe)
            return KerasNetwork(lambda: built(make(), sizes), parts.seed)
        if isinstance(recipe, ImageRecipe):
            from bench.networks.residual import Standard

            facts = self.data.facts
            if recipe.network == "fast":
                self._check_size(recipe)
            standard = Standard(facts.mean, facts.deviation)
            return image_network(recipe, parts, classes, standard)
        assert isinstance(recipe, LstmRecipe)
        return text_network(recipe, parts, classes)

    def sizes(self, recipe: Recipe) -> dict[str, Any]:
        """Return what a user's function may ask for: shape of one example, classes, vocabulary."""
        sizes: dict[str, Any] = {
            "input_shape": self.data.facts.shape,
            "classes": self.facts.classes,
        }
        if isinstance(recipe, TextRecipe):
            sizes |= {"input_shape": (recipe.length,), "vocabulary": recipe.vocabulary}
        return sizes

    def _check_size(self, recipe: ImageRecipe) -> None:
        height, width = self.data.facts.shape[:2]
        if (min(height, width) - 1) >> len(recipe.widths) < 1:
            raise UsageError(
                f"recipe.network=fast halves its maps {len(recipe.widths)} times, and the images are "
                f"{height}x{width}; give fewer recipe.widths, or take recipe.network=residual"
            )


def own_task(
    name: str,
    made_from: OwnTask,
    data: OwnData,
    make: Callable[[], Any] | None = None,
    model: str = "",
) -> AddressedTask:
    """Make the task of some data.

    Args:
        name: its name.
        made_from: its address, options and model.
        data: the data, in the cache.
        make: returns the user's function that builds a model; None for a network of the suite.
        model: name of that function in records.
    """
    facts = data.facts
    train = facts.train - facts.repeated_count
    _check_number(train, facts, made_from.address)
    recipes: Mapping[str, Recipe]
    if facts.modality == "image":
        recipes = image_recipes(train, facts.test, facts.shape)
        offers, kind = Cifar10.facts.offers, "residual network"
    else:
        recipes = text_recipes(train, facts.test, facts.words, facts.lengths)
        offers, kind = Imdb.facts.offers, "embedding, LSTM, classifier"
    if make is not None:
        recipes, offers, kind = for_model(recipes, model), {}, model
    members = {
        "facts": TaskFacts(name, facts.modality, len(facts.class_names), offers),
        "summary": f"{made_from.address}; {kind}",
        "profiles": recipes,
        "xla": facts.modality == "image" or make is not None,
        "made_from": made_from.model_copy(update={"class_names": facts.class_names}),
        "data": data,
        "make": None if make is None else staticmethod(make),
        "__module__": __name__,
    }
    return abc.ABCMeta("AddressedTask", (AddressedTask,), members)()


def _check_number(left: int, facts: DataFacts, address: str, where: str = "") -> None:
    """Refuse data with fewer than two training examples that do not occur in the test split.

    Raises:
        UsageError: with their number.
    """
    if left < 2:
        raise UsageError(
            f"{address}: {left} of {facts.train:,} training examples differ from all test examples"
            f"{where}; two are needed, one of them for validation"
        )
