"""The facts about a user's data that its task, its card and its records need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bench.core.metrics import unequal


@dataclass(frozen=True)
class DataFacts:
    """Facts about data, as they are stored beside its arrays."""

    modality: Literal["image", "text"]
    class_names: tuple[str, ...]
    train_counts: tuple[int, ...]
    """Training examples of each class."""
    test_counts: tuple[int, ...]
    divided: str
    """Rule by which the suite made the test split; empty if the data has one."""
    unreadable_count: int
    unreadable: tuple[tuple[str, ...], ...]
    """Name and reason of the first examples that cannot be read."""
    others_count: int
    others: tuple[str, ...]
    """First files in the folder that are no pictures by their names."""
    repeated_count: int
    """Training examples that occur in the test split too."""
    repeated: tuple[tuple[str, ...], ...]
    """Names of the first ones, training and test."""
    repeated_within: int
    """Training examples that repeat an earlier training example."""
    shape: tuple[int, ...] = ()
    """Height, width, channels of images."""
    mean: tuple[float, ...] = ()
    """Mean of each channel over the training split, in [0, 1]."""
    deviation: tuple[float, ...] = ()
    smallest: tuple[int, ...] = ()
    """Smallest height and smallest width of the stored pictures."""
    largest: tuple[int, ...] = ()
    words: int = 0
    """Different words of the training split."""
    lengths: tuple[int, ...] = ()
    """Quantiles of the lengths of training texts, words: 0, 25, 50, 75, 95 and 100%."""
    empty: int = 0
    """Texts without a word."""
    line_breaks: int = 0
    """Texts of several lines."""
    unread: tuple[str, ...] = ()
    """Splits of the data that the suite does not use."""

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> DataFacts:
        """Read facts from JSON."""
        return cls(**{name: _tuples(value) for name, value in values.items()})

    @property
    def train(self) -> int:
        """Number of training examples, before those that occur in the test split are left out."""
        return sum(self.train_counts)

    @property
    def test(self) -> int:
        """Number of test examples."""
        return sum(self.test_counts)

    @property
    def unequal(self) -> bool:
        """Tell if macro accuracy stands beside accuracy."""
        return unequal(self.test_counts)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
