"""Tests that run on every strategy of the registry, so that a new one needs no test code.

A strategy whose default cannot act in four steps gets an entry in `tests/strategies/settings.py`.
`make test` trains a few arms for each modality: stacks whose members are switched on one by one, in one
traced graph. `make test-long` trains each strategy alone too, on all tasks, and compiles it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from bench import Strategy
from bench.core.strategy import clash
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.trainer import Result, Trainer
from tests.strategies import stages
from tests.strategies.arms import (
    TEMPLATE,
    Arm,
    acting,
    acts_inside,
    applying,
    cases,
    only,
    shared,
    switchable,
)
from tests.tiny import STEPS, Trace, tiny_arm, trace

REGISTRY = find([TEMPLATE])  # a newcomer copies it, so it must hold what every strategy holds
STRATEGIES, TASKS = REGISTRY.strategies, REGISTRY.tasks
QUICK = {task.facts.modality: name for name, task in reversed(TASKS.items())}.values()
"""The first task of each modality."""
NOISE = [
    name
    for name in applying(REGISTRY, "imdb_transformer")
    if any(acting(REGISTRY, name).touches(stage) for stage in ("noise", "merge", "embedded"))
]
SHARED = [arm for task in QUICK for arm in shared(REGISTRY, task)]
NOISY = [
    Arm(task, noisy)
    for task, names in shared(REGISTRY, "imdb_transformer")
    if len(noisy := tuple(name for name in names if name in NOISE)) > 1
]
"""Noise at the slots of a network that is not in `QUICK`, in stacks without conflicts."""
ALONE = [Arm(task, (name,)) for task, name in cases(REGISTRY)]


def marked(soon: Sequence[Arm], later: Sequence[Arm]) -> list[Any]:
    """Return parameters of a test; the arms of `later` are slow."""
    slow = [arm for arm in later if arm not in soon]
    made = [pytest.param(arm, id=str(arm)) for arm in soon]
    return [*made, *(pytest.param(arm, id=str(arm), marks=pytest.mark.slow) for arm in slow)]


def members(arms: Sequence[Any]) -> list[Any]:
    """Return an arm and each of its strategies in turn as parameters of a test."""
    return [
        pytest.param(arm, name, id=f"{arm.task}-{name}-of-{len(arm.names)}", marks=param.marks)
        for param in arms
        for arm in param.values
        for name in arm.names
    ]


def holding_all(arms: Sequence[Arm]) -> list[Arm]:
    """Return some of the arms, largest first, that together have every strategy."""
    chosen: list[Arm] = []
    for arm in sorted(arms, key=lambda arm: -len(arm.names)):
        if not set(arm.names) <= {name for other in chosen for name in other.names}:
            chosen.append(arm)
    return chosen


ARMS = marked([*SHARED, *NOISY], ALONE)
MEMBERS = members(ARMS)
MIXED = marked(
    holding_all([arm for arm in SHARED if len(arm.names) > 1]),
    [arm for task in TASKS for arm in shared(REGISTRY, task)],
)


def compiled_arms() -> list[Arm]:
    """Return each strategy alone: on one task that XLA compiles, on all if it acts in the network."""
    arms, seen = [], set[str]()
    for task in (name for name, task in TASKS.items() if task.xla):
        names = applying(REGISTRY, task)
        arms += [Arm(task, (n,)) for n in names if n not in seen or acts_inside(REGISTRY, n)]
        seen |= set(names)
    return arms


COMPILED = [pytest.param(arm, id=str(arm)) for arm in compiled_arms()]


class Trained(NamedTuple):
    """An arm, traced once, and its first trial."""

    arm: CompiledArm
    result: Result
    initial: dict[str, str]
    initial_logits: bytes
    """Logits of the test split before training."""
    untouched: bool
    """True if Python's and NumPy's global random states were left alone."""
    trace: Trace
    """Training from the start, before any other."""
    replaces: bool
    """True if it evaluates other weights than the trained ones."""


@pytest.fixture(scope="module")
def trained() -> Callable[..., Trained]:
    """Return the arm of a task and some strategies, built and trained once for all tests here."""

    @cache
    def train(task: str, names: tuple[str, ...] = ()) -> Trained:
        before = random.getstate(), repr(np.random.get_state())
        arm = tiny_arm(TASKS[task], [acting(REGISTRY, name) for name in names], evaluations=2)
        arm.reset(0)
        initial, logits = arm.initial_hashes(), arm.logits(arm.data.test).tobytes()
        traced = trace(arm)
        result = Trainer(arm).run(0)
        after = random.getstate(), repr(np.random.get_state())
        return Trained(arm, result, initial, logits, before == after, traced, replaced(arm))

    return train


@pytest.fixture(scope="module")
def single(trained: Callable[..., Trained]) -> Callable[..., Trained]:
    """Return the results of one strategy of a trained arm, with all others switched off."""

    @cache
    def train(arm: Arm, name: str) -> Trained:
        whole = trained(*arm)
        if arm.names == (name,):
            return whole
        with only(whole.arm, REGISTRY, (name,)):
            traced = trace(whole.arm)
            return whole._replace(trace=traced, replaces=replaced(whole.arm))

    return train


def replaced(arm: CompiledArm) -> bool:
    """Return true if a strategy would evaluate other weights than those of the arm."""
    for strategy, state in zip(arm.strategies, arm.states, strict=True):
        values = strategy.evaluated(arm.weights, state) or arm.weights.trainable
        pairs = zip(values, arm.weights.trainable, strict=True)
        if any(np.any(np.asarray(one) != np.asarray(other)) for one, other in pairs):
            return True
    return False


# Training ----------------------------------------------------------------------------------------


def test_the_arms_have_every_strategy_on_every_kind_of_data() -> None:
    for task in QUICK:
        names = [name for arm in SHARED if arm.task == task for name in arm.names]
        assert sorted(names) == sorted(applying(REGISTRY, task))


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.filterwarnings("error:.*does not support masking")
def test_it_trains_on_every_task_that_it_claims(trained: Callable[..., Trained], arm: Arm) -> None:
    result = trained(*arm).result
    assert result.status == "ok"
    assert result.final is not None
    assert np.isfinite(np.float64(result.final.nll))


@pytest.mark.parametrize(("arm", "name"), MEMBERS)
def test_switching_it_on_does_something(
    trained: Callable[..., Trained], single: Callable[..., Trained], arm: Arm, name: str
) -> None:
    """It changes the training, or what is evaluated, or when the training stops."""
    switched, plain = single(arm, name), trained(arm.task)
    kept = "kept_step" in trained(*arm).result.facts
    assert kept or switched.replaces or switched.trace != plain.trace


@pytest.mark.parametrize(
    "arm", [param for param in ARMS if switchable(REGISTRY, param.values[0].names[0])]
)
def test_the_identity_settings_are_the_baseline_bit_for_bit(
    trained: Callable[..., Trained], arm: Arm
) -> None:
    """In the graph that was traced at the default: the strengths are variables there."""
    compiled = trained(*arm).arm
    with only(compiled, REGISTRY, ()):
        assert trace(compiled) == trained(arm.task).trace
        assert not replaced(compiled)


@pytest.mark.parametrize(("arm", "name"), MEMBERS)
def test_what_it_draws_depends_on_the_step_and_the_seed(
    trained: Callable[..., Trained], arm: Arm, name: str
) -> None:
    compiled = trained(*arm).arm
    draws = []
    for seed, step in ((0, 0), (0, 1), (1, 0), (0, 0)):
        compiled.seed.assign(seed)
        drawn = compiled.drawn(tf.constant(step)).get(name, ())
        numbers = [np.ravel(t) for t in tf.nest.flatten(drawn)]
        draws.append(np.concatenate([np.zeros(0), *numbers]).tolist())
    first, later, other, again = draws
    assert first == again
    assert not first or (first != later and first != other)


# Fairness ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arm", "name"), MEMBERS)
def test_batches_come_in_the_order_of_the_baseline(
    trained: Callable[..., Trained], single: Callable[..., Trained], arm: Arm, name: str
) -> None:
    assert len(set(trained(arm.task).trace.order)) == STEPS
    assert single(arm, name).trace.order == trained(arm.task).trace.order
    assert trained(*arm).trace.order == trained(arm.task).trace.order


@pytest.mark.parametrize("arm", ARMS)
def test_shared_weights_start_as_in_the_baseline(trained: Callable[..., Trained], arm: Arm) -> None:
    assert trained(arm.task).initial.items() <= trained(*arm).initial.items()


@pytest.mark.parametrize("arm", ARMS)
def test_global_random_states_are_left_alone(trained: Callable[..., Trained], arm: Arm) -> None:
    assert trained(*arm).untouched


@pytest.mark.parametrize("arm", ARMS)
def test_a_reset_starts_over_without_tracing_again(
    trained: Callable[..., Trained], arm: Arm
) -> None:
    """A reset arm, after other trainings, is what it was before them."""
    compiled, first = trained(*arm).arm, trained(*arm).trace
    assert trace(compiled, seed=1).losses != first.losses
    assert trace(compiled, seed=0) == first
    assert compiled.train_steps.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("arm", ARMS)
def test_evaluation_is_deterministic_and_changes_nothing(
    trained: Callable[..., Trained], arm: Arm
) -> None:
    compiled = trained(*arm).arm
    before = [np.array(v) for v in compiled.variables()]
    logits = compiled.logits(compiled.data.test)
    np.testing.assert_array_equal(compiled.logits(compiled.data.test), logits)
    for old, new in zip(before, compiled.variables(), strict=True):
        np.testing.assert_array_equal(old, np.array(new))


@pytest.mark.parametrize("arm", ARMS)
def test_in_evaluation_only_normalizations_and_kernels_act(
    trained: Callable[..., Trained], arm: Arm
) -> None:
    """Noise ends where training ends: the untrained network gives the logits of the baseline."""
    strategies = [acting(REGISTRY, name) for name in arm.names]
    in_the_network = any(s.touches("normalization") or evaluated_kernels(s) for s in strategies)
    alike = trained(*arm).initial_logits == trained(arm.task).initial_logits
    assert alike != in_the_network


def evaluated_kernels(strategy: Strategy) -> bool:
    """Return true if a strategy changes the kernels of an evaluation."""
    if not strategy.touches("kernel"):
        return False
    pairs = (stages.kernels(s, [None]) for s in (strategy, Strategy()))
    return any(np.any(one != other) for one, other in zip(*pairs, strict=True))


# Other ways to compute ---------------------------------------------------------------------------


@pytest.mark.parametrize("arm", COMPILED)
@pytest.mark.slow
def test_compiled_by_xla_it_computes_the_same(trained: Callable[..., Trained], arm: Arm) -> None:
    plain = trained(*arm).trace
    strategies = [acting(REGISTRY, name) for name in arm.names]
    compiled = trace(tiny_arm(TASKS[arm.task], strategies, Settings(xla=True)))
    np.testing.assert_allclose(compiled.losses, plain.losses, rtol=1e-3)


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if task.xla])
def test_the_default_set_trains_compiled_by_xla(task: str) -> None:
    stack: list[Strategy] = []
    for strategy in (acting(REGISTRY, name) for name in REGISTRY.defaults()):
        if clash([*stack, strategy]) is None:
            stack.append(strategy)
    compiled = trace(tiny_arm(TASKS[task], stack, Settings(xla=True)))
    assert np.isfinite(compiled.losses).all()
    assert np.isfinite(np.frombuffer(compiled.logits, np.float32)).all()


@pytest.mark.parametrize("arm", MIXED)
def test_it_trains_in_mixed_precision(trained: Callable[..., Trained], arm: Arm) -> None:
    """`test_stages.py` has each stage by itself, and the layers of the normalizations."""
    plain = trained(*arm).trace
    strategies = [acting(REGISTRY, name) for name in arm.names]
    mixed = trace(tiny_arm(TASKS[arm.task], strategies, Settings("mixed_bfloat16")))
    assert np.isfinite(np.frombuffer(mixed.logits, np.float32)).all()
    np.testing.assert_allclose(mixed.losses, plain.losses, rtol=0.1)
