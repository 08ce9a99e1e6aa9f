"""Properties of the stages of every strategy, on small made-up inputs."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench import Batch, LossResult, Strategy, UsageError
from bench.core.strategy import configured
from bench.plugins.registry import find
from tests.strategies import stages
from tests.strategies.settings import ACTING

STRATEGIES = {
    name: configured(kind, ACTING.get(name, {})) for name, kind in find().strategies.items()
}
PARAMETERS = [
    (name, declared.name) for name, s in STRATEGIES.items() for declared in dataclasses.fields(s)
]
IN_THE_NETWORK = ("normalization", "kernel", "noise", "merge", "hidden", "embedded", "features")
CALLS = [
    (name, stage)
    for name, s in STRATEGIES.items()
    for stage in stages.stages(s)
    if stage in IN_THE_NETWORK
]


def others(strategy: Strategy, field: str) -> list[Any]:
    """List some other values that a parameter may take."""
    (declared,) = (f for f in dataclasses.fields(strategy) if f.name == field)
    now, limits = getattr(strategy, field), declared.metadata
    if limits["choices"]:
        return [choice for choice in limits["choices"] if choice != now]
    if isinstance(now, bool):
        return [not now]
    ends = {limits["low"], limits["high"], *(limits["tune"] or ())} - {now, None}
    return sorted(ends)


@pytest.mark.parametrize(("name", "field"), PARAMETERS)
def test_no_parameter_is_ignored(name: str, field: str) -> None:
    strategy = STRATEGIES[name]
    default = stages.fingerprint(strategy)
    for value in others(strategy, field):
        try:
            changed = stages.fingerprint(dataclasses.replace(strategy, **{field: value}))
        except (UsageError, ValueError, tf.errors.InvalidArgumentError):
            continue  # more groups than channels, a window larger than the image
        if changed != default:
            return
    pytest.fail(f"{name}.{field} changes nothing")


@pytest.mark.parametrize(
    ("name", "field"), [(n, f) for n, f in PARAMETERS if STRATEGIES[n].touches("normalization")]
)
def test_no_normalization_ignores_a_parameter_at_any_kind_of_slot(name: str, field: str) -> None:
    strategy = STRATEGIES[name]
    now = stages.outcome(strategy, "normalization")
    unchanged = set(range(len(now) // 3))  # three results of each kind: twice trained, evaluated
    for value in others(strategy, field):
        try:
            other = dataclasses.replace(strategy, **{field: value})
            results = stages.outcome(other, "normalization")
        except UsageError:
            continue  # more groups than channels
        differs = [np.any(one != another) for one, another in zip(now, results, strict=True)]
        unchanged -= {index // 3 for index, different in enumerate(differs) if different}
    assert not unchanged


@pytest.mark.parametrize(("name", "stage"), CALLS)
def test_in_half_precision_a_stage_does_the_same(name: str, stage: str) -> None:
    """The result has the type of the input and the same random numbers, up to bfloat16's rounding."""
    half = stages.INPUTS.typed(tf.bfloat16)
    pairs = zip(
        stages.outcome(STRATEGIES[name], stage, inputs=half),
        stages.outcome(STRATEGIES[name], stage, inputs=half.typed(tf.float32)),
        strict=True,
    )
    for rounded, exact in pairs:
        is_target = exact.shape == stages.TARGETS.shape
        assert rounded.dtype == (tf.float32 if is_target else tf.bfloat16)
        np.testing.assert_allclose(tf.cast(rounded, tf.float32), exact, rtol=0.03, atol=0.03)


# Order of composition ----------------------------------------------------------------------------


def ranked(stage: str) -> list[Strategy]:
    """List the strategies that override a stage, in the order of their composition."""
    touching = [s for s in STRATEGIES.values() if s.touches(stage)]
    return sorted(touching, key=lambda s: (s.facts.rank, s.facts.name))


def ranks(strategies: list[Strategy]) -> set[int]:
    return {s.facts.rank for s in strategies}


def test_images_are_moved_before_their_colors_change() -> None:
    """A crop of an augmented image, not an augmented crop, would show borders of another policy."""
    names = {s.facts.name: s.facts.rank for s in ranked("examples")}
    for geometry in ("alternating_flip", "flip_crop", "translate"):
        for policy in ("rand_augment", "trivial_augment"):
            assert names[geometry] < names[policy]


def test_examples_are_augmented_before_they_are_mixed() -> None:
    for stage in ("examples", "features"):
        families = [s.facts.family for s in ranked(stage)]
        assert families == sorted(families, key=lambda family: family == "mixing")
    augmenting = [s for s in ranked("features") if s.facts.family == "augmentation"]
    mixing = [s for s in ranked("features") if s.facts.family == "mixing"]
    assert augmenting
    assert max(ranks(augmenting)) < min(ranks(mixing))


def loss_kind(strategy: Strategy) -> str:
    """Classify a loss stage by its use of the rest of the chain, by calling it."""
    kind = stages.kinds(strategy)[0]
    batch = stages.INPUTS.batch(kind)
    passes: list[Batch] = []
    rest = stages.rest_of_loss(passes)
    now = stages.moment(0, drawn=stages.drawn(strategy))
    now = now._replace(state=strategy.state(stages.weights()))
    strategy.loss(batch, now, rest)
    if len(passes) > 1:
        moved = any(np.any(p.values != batch.values) for p in passes)
        return "moves the features" if moved else "runs the network again"

    def louder(inner: Batch) -> LossResult:
        result = stages.rest_of_loss([])(inner)
        return result._replace(losses=result.losses + 1.0)

    plain = strategy.loss(batch, now, stages.rest_of_loss([])).losses
    same = np.allclose(plain, strategy.loss(batch, now, louder).losses)
    return "replaces the loss" if same else "changes targets or adds a term"


def test_passes_wrap_terms_and_terms_wrap_the_loss() -> None:
    """The adversarial loss is that of the whole objective; no term is lost in a replaced loss."""
    order = [
        "moves the features", "runs the network again", "changes targets or adds a term",
        "replaces the loss",
    ]  # fmt: skip
    kinds = {s.facts.name: loss_kind(s) for s in ranked("loss")}
    assert set(kinds.values()) == set(order)
    places = [order.index(kinds[s.facts.name]) for s in ranked("loss")]
    assert places == sorted(places), kinds
    for earlier, later in pairwise(order):
        outer = {s.facts.rank for s in ranked("loss") if kinds[s.facts.name] == earlier}
        inner = {s.facts.rank for s in ranked("loss") if kinds[s.facts.name] == later}
        assert max(outer) < min(inner)


def test_penalties_wrap_strategies_that_compute_the_gradient_elsewhere() -> None:
    """L2 inside SAM would be evaluated at the moved weights: another method."""
    penalties = [s for s in ranked("gradients") if s.facts.family == "weights"]
    movers = [s for s in ranked("gradients") if s.facts.family == "optimization"]
    assert penalties
    assert movers
    assert max(ranks(penalties)) < min(ranks(movers))


def test_averages_are_taken_of_weights_that_all_others_have_changed() -> None:
    """Clipping takes part in no such order: it changes the gradients, which are all known by then."""
    averaging = [s for s in ranked("update") if s.touches("evaluated")]
    changing = [s for s in ranked("update") if s.facts.family == "weights"]
    assert {s.facts.name for s in averaging} >= {"ema", "swa"}
    assert {s.facts.name for s in changing} >= {"max_norm", "weight_decay"}
    for outer in averaging:
        for inner in changing:
            assert ranked("update").index(outer) < ranked("update").index(inner)


def test_clipping_acts_on_the_gradient_of_the_whole_objective() -> None:
    """Penalties and SAM are done when the update begins."""
    clipping = STRATEGIES["gradient_clipping"]
    assert clipping.touches("update")
    assert not clipping.touches("gradients")
