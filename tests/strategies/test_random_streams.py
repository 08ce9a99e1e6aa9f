"""Random numbers: every strategy, stage, slot and draw has its own, and so has every example."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench import (
    Batch,
    Facts,
    Gradients,
    LossResult,
    Moment,
    Paper,
    Slot,
    Strategy,
    Tensor,
    Weights,
)  # fmt: skip
from bench.core.strategy import configured
from bench.plugins.registry import find
from tests.strategies import stages
from tests.strategies.arms import eager_step
from tests.strategies.settings import ACTING
from tests.tiny import tiny_arm

REGISTRY = find()
STRATEGIES = {
    name: configured(kind, ACTING.get(name, {})) for name, kind in REGISTRY.strategies.items()
}
CALLS = [(name, stage) for name, s in STRATEGIES.items() for stage in stages.stages(s)]
PER_EXAMPLE = [(name, stage) for name, stage in CALLS if stage in ("draw", *stages.DRAWING)]


# Within a strategy -------------------------------------------------------------------------------


@pytest.fixture
def seeds(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Record the keys of all random numbers that TensorFlow draws, in order."""
    used: list[tuple[int, ...]] = []

    def spied(function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        def call(*args: Any, **kwargs: Any) -> Any:
            seed = signature.bind(*args, **kwargs).arguments["seed"]
            used.append(tuple(np.ravel(seed).tolist()))
            return function(*args, **kwargs)

        return call

    for module in (tf.random, tf.random.experimental):
        for name in dir(module):
            derives = name.endswith(("fold_in", "split"))
            if name.startswith("stateless_") and not derives:
                monkeypatch.setattr(module, name, spied(getattr(module, name)))
    return used


@pytest.mark.parametrize(("name", "stage"), CALLS)
def test_no_key_is_used_twice(name: str, stage: str, seeds: list[tuple[int, ...]]) -> None:
    """Two kinds of numbers from one key are correlated, and no test of one distribution sees it."""
    strategy = STRATEGIES[name]
    drawn = strategy.draw(tf.constant([3, 4]), stages.SIZE)
    seeds.clear()
    if stage == "draw":
        strategy.draw(tf.constant([3, 4]), stages.SIZE)
    elif stage in ("examples", "features", "hidden"):
        values = stages.VALUES["map" if "image" in strategy.facts.modalities else "sequence"]
        mask = None if "image" in strategy.facts.modalities else stages.MASK
        if stage == "examples":
            values = stages.PIXELS if mask is None else stages.IDS
        batch, now = Batch(values, mask, stages.TARGETS), stages.moment(0, drawn=drawn)
        if stage == "hidden":
            strategy.hidden(Slot("h", "map"), batch, now)
        else:
            getattr(strategy, stage)(batch, now)
    else:
        stages.outcome(strategy, stage)
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize(("name", "stage"), PER_EXAMPLE)
def test_every_example_has_random_numbers_of_its_own(name: str, stage: str) -> None:
    """Random numbers alone make different examples of equal ones."""
    strategy, inputs = STRATEGIES[name], stages.INPUTS.alike()
    by_seed = [stages.outcome(strategy, stage, seed, inputs) for seed in range(5)]
    for results in zip(*by_seed, strict=True):
        several = results[0].shape.rank > 0 and results[0].shape[0] == stages.SIZE
        if several and any(np.any(result != results[0]) for result in results):
            examples = [np.reshape(result, (stages.SIZE, -1)) for result in results]
            assert any(len(np.unique(example, axis=0)) > 1 for example in examples)


@pytest.mark.parametrize(("name", "stage"), CALLS)
def test_the_same_key_gives_the_same_numbers(name: str, stage: str) -> None:
    first, again = (stages.outcome(STRATEGIES[name], stage) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


# Between strategies, stages, slots, passes and steps ---------------------------------------------

KEYS: dict[tuple[Any, ...], tuple[int, ...]] = {}
"""(strategy, stage or slot, step, pass) -> the key that the harness gave."""
ENTERED: list[tuple[str, str]] = []
"""Strategies and stages in the order in which a step enters and leaves them."""


@dataclass(frozen=True)
class Probe(Strategy):
    """A strategy that changes nothing and notes its keys."""

    facts = Facts(
        "outer", "probe", Paper("Nobody", 2000, "-"), "notes its keys", "x' = x",
        ("image", "text"), "free", "it changes nothing", rank=20,
    )  # fmt: skip

    def note(self, stage: str, moment: Moment) -> None:
        ENTERED.append((self.facts.name, stage))
        place = (self.facts.name, stage, int(moment.step))
        passes = sum(key[:3] == place for key in KEYS)
        KEYS[*place, passes] = tuple(np.ravel(moment.key).tolist())

    def draw(self, key: Tensor, size: int) -> Tensor:
        KEYS[self.facts.name, "draw", len(KEYS)] = tuple(np.ravel(key).tolist())
        return key

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        self.note("examples", moment)
        return batch

    def embedded(self, ids: Tensor, embeddings: Tensor, moment: Moment) -> Tensor:
        self.note("embedded", moment)
        return embeddings

    def features(self, batch: Batch, moment: Moment) -> Batch:
        self.note("features", moment)
        return batch

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        self.note(f"noise {slot.name}", moment)
        return values

    def hidden(self, slot: Slot, batch: Batch, moment: Moment) -> Batch:
        self.note(f"hidden {slot.name}", moment)
        return batch

    def loss(self, batch: Batch, moment: Moment, rest: Any) -> LossResult:
        self.note("loss", moment)
        result = rest(batch)
        ENTERED.append((self.facts.name, "left loss"))
        return result

    def gradients(self, weights: Weights, moment: Moment, rest: Any) -> Gradients:
        self.note("gradients", moment)
        result = rest()
        ENTERED.append((self.facts.name, "left gradients"))
        return result

    def update(
        self, weights: Weights, gradients: Any, state: Any, moment: Moment, rest: Any
    ) -> None:
        self.note("update", moment)
        rest(gradients)
        ENTERED.append((self.facts.name, "left update"))


@dataclass(frozen=True)
class Inner(Probe):
    """A strategy further inside, though its name comes first; it owns the merges too."""

    facts = Facts(
        "inner", "probe", Paper("Nobody", 2000, "-"), "notes its keys", "x' = x",
        ("image", "text"), "free", "it changes nothing", rank=80,
    )  # fmt: skip

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor, moment: Moment) -> Tensor:
        self.note(f"merge {slot.name}", moment)
        return shortcut + branch


@dataclass(frozen=True)
class Twice(Strategy):
    """A strategy that computes the gradients twice, as SAM does."""

    facts = Facts(
        "twice", "probe", Paper("Nobody", 2000, "-"), "computes gradients twice", "g",
        ("image", "text"), "free", "it changes nothing", rank=5,
    )  # fmt: skip

    def gradients(self, weights: Weights, moment: Moment, rest: Any) -> Gradients:
        rest()
        return rest()


@pytest.fixture(scope="module", params=["cifar10", "imdb_transformer"])
def steps(request: pytest.FixtureRequest) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Return the keys of two eager steps of two strategies with every stage."""
    KEYS.clear()
    ENTERED.clear()
    arm = tiny_arm(REGISTRY.tasks[request.param], [Inner(), Probe()])
    KEYS.clear()
    arm.reset(0)
    for step in range(2):
        ENTERED.clear()
        eager_step(arm, step)
    return dict(KEYS)


def test_strategies_stages_slots_and_steps_have_keys_of_their_own(steps: dict[Any, Any]) -> None:
    own = {place: key for place, key in steps.items() if not place[1].startswith("hidden")}
    assert len({place[:2] for place in own}) > 20
    assert {place[2] for place in own if place[1] != "draw"} == {0, 1}
    assert len(set(own.values())) == len(own)


def test_all_hidden_slots_of_a_pass_share_a_key(steps: dict[Any, Any]) -> None:
    """A strategy that picks one of them must pick the same wherever it is asked."""
    hidden = {place: key for place, key in steps.items() if place[1].startswith("hidden")}
    others = set(steps.values()) - set(hidden.values())
    for name in ("outer", "inner"):
        for step in (0, 1):
            keys = {k for p, k in hidden.items() if p[0] == name and p[2] == step}
            assert len(keys) == 1
    assert len(set(hidden.values())) == 4
    assert len(others) == len(steps) - len(hidden)


def test_lower_ranks_come_first_and_wrap_the_higher_ones(steps: dict[Any, Any]) -> None:
    for stage in ("examples", "embedded", "features", "noise pooled", "hidden input"):
        assert [n for n, s in ENTERED if s == stage] == ["outer", "inner"]
    for stage in ("loss", "gradients", "update"):
        entered = [(n, s) for n, s in ENTERED if s in (stage, f"left {stage}")]
        assert entered == [
            ("outer", stage), ("inner", stage),
            ("inner", f"left {stage}"), ("outer", f"left {stage}"),
        ]  # fmt: skip


def test_gradients_that_are_computed_again_have_the_same_masks() -> None:
    """SAM compares two places of the weights, not two draws of the noise."""
    arm = tiny_arm(REGISTRY.tasks["cifar10"], [Twice(), Inner()])
    arm.reset(0)
    KEYS.clear()
    eager_step(arm)
    again = {place: key for place, key in KEYS.items() if place[-1] == 1 and place[1] != "draw"}
    assert {place[1] for place in again} > {"features", "noise pooled", "merge block1"}
    for place, key in again.items():
        assert KEYS[*place[:3], 0] == key
