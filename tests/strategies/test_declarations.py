"""Declarations of every strategy."""

from __future__ import annotations

import dataclasses

import pytest

from bench.core.strategy import applicability, configured
from bench.plugins.registry import find
from tests.strategies.arms import TEMPLATE, acting

REGISTRY = find([TEMPLATE])
STRATEGIES, TASKS = REGISTRY.strategies, REGISTRY.tasks


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
    reasons = [applicability(acting(REGISTRY, name), task.facts) for task in TASKS.values()]
    assert None in reasons
    assert all(reason is None or len(reason) > 10 for reason in reasons)
