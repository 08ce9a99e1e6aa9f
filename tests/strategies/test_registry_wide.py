"""What holds for every strategy, whichever there are: a new one is tested without writing anything.

A strategy whose default cannot act in four steps gets an entry in `tests/strategies/settings.py`.
`make test` runs one task of each modality, `make test-long` all of them and each compiled alone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from bench import Strategy
from bench.core.strategy import applicability, clash, configured
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.trainer import Result, Trainer
from tests.strategies.fresh import cases
from tests.strategies.settings import ACTING
from tests.tiny import STEPS, Trace, tiny_arm, trace

TEMPLATE = Path(__file__).resolve().parents[2] / "docs" / "template_strategy.py"
REGISTRY = find([TEMPLATE])  # a newcomer copies it, so it must hold what every strategy holds
STRATEGIES, TASKS = REGISTRY.strategies, REGISTRY.tasks
CASES = cases(REGISTRY)
QUICK = {task.facts.modality: name for name, task in reversed(TASKS.items())}.values()
"""The first task of each modality."""


def some(cases: Iterable[tuple[str, str]], quick: Iterable[tuple[str, str]]) -> list[Any]:
    """Parameters of a test; the cases that are not quick are slow."""
    soon = set(quick)
    return [pytest.param(*c, marks=[] if c in soon else [pytest.mark.slow]) for c in cases]


EACH = some(CASES, [case for case in CASES if case[0] in QUICK])
ONCE = some(CASES, {name: (task, name) for task, name in reversed(CASES)}.values())
COMPILED = some([(task, name) for task, name in CASES if TASKS[task].xla], [])
WITH_IDENTITY = [p for p in EACH if not isinstance(STRATEGIES[p.values[1]].facts.identity, str)]


def acting(name: str) -> Strategy:
    return configured(STRATEGIES[name], ACTING.get(name, {}))


class Trained(NamedTuple):
    """An arm, traced once, and its first trial."""

    arm: CompiledArm
    result: Result
    initial: dict[str, str]
    untouched: bool
    """Whether Python's and NumPy's global random states were left alone."""
    trace: Trace


@pytest.fixture(scope="module")
def trained() -> Callable[..., Trained]:
    """(task, strategy or nothing) -> its arm, built and trained once for all tests here."""

    @cache
    def train(task: str, name: str = "") -> Trained:
        before = random.getstate(), repr(np.random.get_state())
        arm = tiny_arm(TASKS[task], [acting(name)] if name else [])
        arm.reset(0)
        initial = arm.initial_hashes()
        result = Trainer(arm).run(0)
        after = random.getstate(), repr(np.random.get_state())
        return Trained(arm, result, initial, before == after, trace(arm))

    return train


# What is declared --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", find().strategies)
def test_its_file_bears_its_name(name: str) -> None:
    assert STRATEGIES[name].__module__ == f"strategies.{name}"


@pytest.mark.parametrize("name", STRATEGIES)
def test_its_class_says_what_it_is(name: str) -> None:
    kind = STRATEGIES[name]
    facts = kind.facts
    assert "facts" in vars(kind)
    assert kind.__doc__
    assert "\n" not in facts.summary
    assert all((facts.summary, facts.equation, facts.family, facts.claims, facts.paper.authors))
    assert 1940 < facts.paper.year < 2100
    assert set(facts.conflicts) <= set(STRATEGIES) - {name}


@pytest.mark.parametrize("name", STRATEGIES)
def test_parameters_are_documented_and_their_ranges_hold_the_default(name: str) -> None:
    for declared in dataclasses.fields(STRATEGIES[name]):
        declaration = declared.metadata
        assert declaration["doc"], declared.name
        low, high = declaration["tune"] or (declaration["low"], declaration["high"])
        if declaration["tune"]:
            configured(STRATEGIES[name], {declared.name: low})
            configured(STRATEGIES[name], {declared.name: high})
            assert low < high


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_identity_setting_is_one_of_the_settings(name: str) -> None:
    identity = STRATEGIES[name].facts.identity
    if isinstance(identity, str):
        assert len(identity) > 10
    else:
        assert configured(STRATEGIES[name], identity) != STRATEGIES[name]()


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_applies_somewhere_or_says_why_not(name: str) -> None:
    reasons = [applicability(acting(name), task.facts) for task in TASKS.values()]
    assert None in reasons
    assert all(reason is None or len(reason) > 10 for reason in reasons)


# Training ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "name"), EACH)
@pytest.mark.filterwarnings("error:.*does not support masking")
def test_it_trains_on_every_task_that_it_claims(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    result = trained(task, name).result
    assert result.status == "ok"
    assert result.final is not None
    assert np.isfinite(np.float64(result.final.nll))


@pytest.mark.parametrize(("task", "name"), EACH)
def test_switching_it_on_does_something(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    plain, result = trained(task).result, trained(task, name).result
    kept = "kept_step" in result.facts  # early stopping may keep the last weights
    assert kept or (plain.curve, plain.final) != (result.curve, result.final)


@pytest.mark.parametrize(("task", "name"), WITH_IDENTITY)
def test_the_identity_setting_is_the_baseline_bit_for_bit(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    """In the graph that was traced at the default: the strength is a variable there."""
    arm = trained(task, name).arm
    (strategy,) = arm.strategies
    strengths = STRATEGIES[name].facts.identity
    assert not isinstance(strengths, str)
    before = {field: float(getattr(strategy, field)) for field in strengths}
    for field, value in strengths.items():
        getattr(strategy, field).assign(value)
    try:
        assert trace(arm) == trained(task).trace
    finally:
        for field, value in before.items():
            getattr(strategy, field).assign(value)


@pytest.mark.parametrize(("task", "name"), EACH)
def test_what_it_draws_depends_on_the_step_and_the_seed(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    arm = trained(task, name).arm
    draws = []
    for seed, step in ((0, 0), (0, 1), (1, 0), (0, 0)):
        arm.seed.assign(seed)
        numbers = [np.ravel(t) for t in tf.nest.flatten(arm.drawn(tf.constant(step)))]
        draws.append(np.concatenate([np.zeros(0), *numbers]).tolist())
    first, later, other, again = draws
    assert first == again
    assert not first or (first != later and first != other)


# Fairness ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "name"), EACH)
def test_batches_come_in_the_order_of_the_baseline(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    assert len(set(trained(task).trace.order)) == STEPS
    assert trained(task, name).trace.order == trained(task).trace.order


@pytest.mark.parametrize(("task", "name"), EACH)
def test_shared_weights_start_as_in_the_baseline(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    assert trained(task).initial.items() <= trained(task, name).initial.items()


@pytest.mark.parametrize(("task", "name"), EACH)
def test_global_random_states_are_left_alone(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    assert trained(task, name).untouched


@pytest.mark.parametrize(("task", "name"), EACH)
def test_a_reset_starts_over_without_tracing_again(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    arm, first = trained(task, name).arm, trained(task, name).trace
    assert trace(arm, seed=1).losses != first.losses
    assert trace(arm, seed=0) == first
    assert arm.train_steps.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(("task", "name"), EACH)
def test_evaluation_is_deterministic_and_changes_nothing(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    arm = trained(task, name).arm
    before = [np.array(v) for v in arm.variables()]
    logits = arm.logits(arm.data.test)
    np.testing.assert_array_equal(arm.logits(arm.data.test), logits)
    for old, new in zip(before, arm.variables(), strict=True):
        np.testing.assert_array_equal(old, np.array(new))


@pytest.mark.slow
def test_a_reset_arm_is_what_a_fresh_process_gives() -> None:
    """Two processes: one trains seed 1 at once, the other after seed 0."""
    outputs = []
    for seeds in (["1"], ["0", "1"]):
        done = subprocess.run(
            [sys.executable, "-m", "tests.strategies.fresh", *seeds],
            check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
        outputs.append(json.loads(done.stdout))
    assert len(outputs[0]) == len(cases(find())) + len(TASKS)
    assert outputs[0] == outputs[1]


# Other ways to compute ---------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "name"), COMPILED)
def test_compiled_by_xla_it_computes_the_same(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    plain = trained(task, name).trace
    compiled = trace(tiny_arm(TASKS[task], [acting(name)], Settings(xla=True)))
    np.testing.assert_allclose(compiled.losses, plain.losses, rtol=1e-3)


@pytest.mark.parametrize("task", [name for name, task in TASKS.items() if task.xla])
def test_the_default_set_trains_compiled_by_xla(task: str) -> None:
    stack: list[Strategy] = []
    for strategy in map(acting, REGISTRY.defaults()):
        if clash([*stack, strategy]) is None:
            stack.append(strategy)
    compiled = trace(tiny_arm(TASKS[task], stack, Settings(xla=True)))
    assert np.isfinite(compiled.losses).all()
    assert np.isfinite(np.frombuffer(compiled.logits, np.float32)).all()


@pytest.mark.parametrize(("task", "name"), ONCE)
def test_it_trains_in_mixed_precision(
    trained: Callable[..., Trained], task: str, name: str
) -> None:
    plain = trained(task, name).trace
    mixed = trace(tiny_arm(TASKS[task], [acting(name)], Settings("mixed_bfloat16")))
    assert np.isfinite(np.frombuffer(mixed.logits, np.float32)).all()
    np.testing.assert_allclose(mixed.losses, plain.losses, rtol=0.1)
