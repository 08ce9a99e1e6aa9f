"""Manifold MixUp against section 2 of 1806.05236."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import chisquare, kstest

from bench import Batch, Facts, Moment, Paper, Slot, Strategy
from bench.plugins.registry import find
from strategies.manifold_mixup import Choice, ManifoldMixUp
from tests.strategies.arms import eager_step
from tests.strategies.moments import key, moment
from tests.tiny import tiny_arm

SLOTS = [Slot(name, "map", number=i, total=3) for i, name in enumerate(("input", "one", "two"))]
RANDOM = np.random.default_rng(0)
STATES = [tf.constant(RANDOM.normal(size=(6, 2, 2, c)), tf.float32) for c in (3, 4, 5)]
TARGETS = tf.one_hot([0, 1, 2, 0, 1, 2], 3)


def passed(choice: Choice) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Return the hidden states and the targets after a forward pass through three slots."""
    targets, states = TARGETS, []
    for slot, state in zip(SLOTS, STATES, strict=True):
        now = moment()._replace(drawn=choice)
        result = ManifoldMixUp().hidden(slot, Batch(state, None, targets), now)
        targets = result.targets
        states.append(result.values)
    return states, targets


def test_one_slot_is_mixed_and_the_targets_with_it_once() -> None:
    mixed_at = []
    for seed in range(20):
        choice = ManifoldMixUp().draw(key(seed), 6)
        share, partners = choice.pairs.share.numpy(), choice.pairs.partners.numpy()
        states, targets = passed(choice)
        place = [i for i in range(3) if (states[i].numpy() != STATES[i].numpy()).any()]
        assert len(place) == 1
        mixed_at += place
        before, weight = STATES[place[0]].numpy(), share[:, None, None, None]
        np.testing.assert_allclose(
            states[place[0]], weight * before + (1 - weight) * before[partners], atol=1e-6
        )
        labels = share[:, None] * TARGETS + (1 - share[:, None]) * tf.gather(TARGETS, partners)
        np.testing.assert_allclose(targets, labels, atol=1e-6)
    assert set(mixed_at) == {0, 1, 2}


def test_places_are_uniform_and_shares_follow_beta_2_2() -> None:
    draw = tf.function(lambda seed: ManifoldMixUp().draw(tf.stack([seed, 3]), 8), autograph=False)
    choices = [draw(tf.constant(seed)) for seed in range(600)]
    counts = np.bincount([int(choice.place * 3) for choice in choices], minlength=3)
    assert chisquare(counts).pvalue > 1e-4
    shares = np.concatenate([choice.pairs.share for choice in choices])
    assert kstest(shares, "beta", args=(2, 2)).pvalue > 1e-4


@dataclass(frozen=True)
class Probe(Strategy):
    """A strategy that notes the hidden slots that it meets."""

    met: ClassVar[list[tuple[str, int, int]]] = []
    facts: ClassVar = Facts(
        "probe", "test", Paper("nobody", 2000, ""), "", "", ("image", "text"), "free", "none"
    )

    def hidden(self, slot: Slot, batch: Batch, moment: Moment) -> Batch:
        self.met.append((slot.name, slot.number, slot.total))
        return batch


@pytest.mark.parametrize(
    ("task", "names"), [("cifar10", ["input", "block0", "block1"]), ("imdb", ["input", "lstm"])]
)
def test_the_harness_counts_the_slots_of_a_network(task: str, names: list[str]) -> None:
    arm = tiny_arm(find().tasks[task], [Probe()])
    arm.reset(0)
    Probe.met.clear()
    eager_step(arm)
    assert Probe.met[: len(names)] == [(name, i, len(names)) for i, name in enumerate(names)]
