"""The contract of a task: a data set, its baseline network and its recipes."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from bench.core.errors import unknown
from bench.core.recipe import Recipe
from bench.core.strategy import TaskFacts

if TYPE_CHECKING:
    from bench.data.load import Subset
    from bench.networks.network import Network
    from bench.networks.parts import Parts


class Source(NamedTuple):
    """Where data comes from."""

    mode: str = "auto"
    """`auto`, `tfds` (never falls back) or `synthetic`."""
    directory: Path | None = None
    cache: Path | None = None


class Identity(NamedTuple):
    """What `Task.load` would give."""

    name: str
    """`tfds:cifar10:3.0.2` or `synthetic:...`: what records, tables and plots carry."""
    synthetic: bool
    notice: str = ""
    """A line that the user must see before anything trains."""


class Task(abc.ABC):
    """A data set with the network and the training that its arms share.

    A user's own task subclasses this in a plugin file; `bench.KerasNetwork` wraps any Keras model that
    ends in logits.
    """

    facts: ClassVar[TaskFacts]
    summary: ClassVar[str]
    profiles: ClassVar[Mapping[str, Recipe]]
    xla: ClassVar[bool] = True
    """Whether the step may be compiled by XLA on a GPU (cuDNN's LSTM may not)."""

    def recipe(self, profile: str) -> Recipe:
        if profile not in self.profiles:
            raise unknown(f"profile of {self.facts.name}", profile, self.profiles)
        return self.profiles[profile]

    @abc.abstractmethod
    def identify(self, source: Source) -> Identity:
        """What `load` would give; quick, and without TensorFlow."""

    @abc.abstractmethod
    def load(self, recipe: Recipe, source: Source) -> Subset:
        """The training, validation and test arrays; the validation split is taken from train."""

    @abc.abstractmethod
    def network(self, recipe: Recipe, parts: Parts) -> Network:
        """The untrained network: every weight's initial value depends on seed and slot name alone."""
