"""The contract of a task: a data set, its baseline network and its recipes."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from bench.core.errors import unknown
from bench.core.recipe import Recipe
from bench.core.strategy import TaskFacts
from bench.data.source import Identity, Source

if TYPE_CHECKING:
    from bench.data.load import Subset
    from bench.networks.network import Network
    from bench.networks.parts import Parts


__all__ = ["Identity", "Source", "Task"]


class Task(abc.ABC):
    """A data set with the network and the training that its arms share.

    A user's own task subclasses this in a plugin file. `bench.KerasNetwork` wraps any Keras model that
    ends in logits.
    """

    facts: ClassVar[TaskFacts]
    summary: ClassVar[str]
    profiles: ClassVar[Mapping[str, Recipe]]
    xla: ClassVar[bool] = True
    """True if XLA may compile the step (false for cuDNN's LSTM); see `allows_xla`."""

    def recipe(self, profile: str) -> Recipe:
        """Return the recipe of a profile.

        Raises:
            UsageError: the task has no such profile.
        """
        if profile not in self.profiles:
            raise unknown(f"profile of {self.facts.name}", profile, self.profiles)
        return self.profiles[profile]

    def sized(self, profile: str, scale: float) -> Recipe:
        """Return the recipe of a profile with its training examples and steps multiplied by a factor.

        Raises:
            UsageError: the task has no such profile.
        """
        return self.recipe(profile).scaled(scale)

    def allows_xla(self, recipe: Recipe) -> bool:
        """Return true if XLA may compile the step of a recipe."""
        return self.xla

    @abc.abstractmethod
    def identify(self, source: Source) -> Identity:
        """Name the data that `load` would return, quickly and without TensorFlow."""

    @abc.abstractmethod
    def load(self, recipe: Recipe, source: Source) -> Subset:
        """Load the training, validation and test arrays."""

    @abc.abstractmethod
    def network(self, recipe: Recipe, parts: Parts) -> Network:
        """Build the untrained network; initial weights depend on the seed and the slot's name alone."""
