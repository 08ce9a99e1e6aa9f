"""What a strategy declares wrongly is one line when it is found, not a crash after the training."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import UsageError
from bench.plugins.registry import find

MINE = """
from dataclasses import dataclass
from bench import Facts, Paper, Strategy, parameter

{above}
class Mine(Strategy):
    {rate}
    {more}
    facts = Facts(
        name="mine", family={family}, paper={paper}, summary="s", equation="e",
        modalities={modalities}, cost={cost}, identity={identity}, claims={claims},
    )
    {stage}
"""
PLAIN = {
    "above": "@dataclass(frozen=True)",
    "rate": "rate: float = parameter(0.1, low=0.0, high=1.0, log=True, tune=(0.01, 0.5))",
    "more": "",
    "family": "'a family of my own'",
    "paper": "Paper('A', 2026, 'T')",
    "modalities": "('image',)",
    "cost": "'free'",
    "identity": "{'rate': 0}",
    "claims": "('better',)",
    "stage": "def features(self, batch, moment): return batch",
}


def found(folder: Path, **changes: str) -> None:
    path = folder / "mine.py"
    path.write_text(MINE.format(**{**PLAIN, **changes}))
    find([path])


def refused(folder: Path, **changes: str) -> str:
    with pytest.raises(UsageError) as raised:
        found(folder, **changes)
    assert raised.value.exit_code == 2
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost": "'tiny'"}, "mine: cost is 'tiny'; it is one of free, cheap, moderate, double, t"),
        ({"cost": "['free']"}, "cost is ['free']; it is one of"),
        ({"family": "' '"}, "family is empty"),
        ({"family": "None"}, "family is None; it must be a text"),
        ({"paper": "'A 2026'"}, "write paper=Paper(authors, year, title)"),
        ({"modalities": "('images',)"}, "modalities has 'images'; there are 'image' and 'text'"),
        ({"modalities": "('image')"}, "modalities is 'image'; it is a tuple, such as ('image',)"),
        ({"modalities": "()"}, "modalities is (); it is a tuple"),
        (
            {"identity": "{'rat': 0}"},
            "identity: unknown parameter of mine 'rat'; did you mean 'rate'",
        ),
        ({"identity": "{'rate': -1}"}, "identity: mine.rate is -1.0; it lies in [0.0, 1.0]"),
        (
            {"identity": "{}"},
            "identity is {}; give parameters, such as {'rate': 0.0}, or the reason",
        ),
        ({"claims": "'better'"}, "claims is 'better'; it is a tuple of texts"),
        ({"rate": "rate: float = parameter(2.0, high=1.0)"}, "mine.rate is 2.0; it lies in"),
        ({"rate": "rate: float = parameter(0.1, low=1.0, high=0.0)"}, "low=1.0 above high=0.0"),
        (
            {"rate": "rate: float = parameter(0.1, low=0.0, high=1.0, tune=(0.1, 2.0))"},
            "rate has tune=(0.1, 2.0), which leaves its range [0.0, 1.0]",
        ),
        (
            {"rate": "rate: float = parameter(0.1, tune=(0.5, 0.1))"},
            "it is a pair of numbers, the l",
        ),
        ({"rate": "rate: float = parameter(0.1, tune=0.5)"}, "it is a pair of numbers"),
        ({"rate": "rate: float = parameter(0.1, log=True, tune=(0, 1))"}, "begins above 0"),
        ({"rate": "rate: float"}, "the parameter rate has no default; write parameter(default"),
        ({"above": ""}, "no dataclass; write @dataclass(frozen=True) above class Mine"),
        ({"above": "", "rate": "rate: float = 0.1"}, "no dataclass; write @dataclass(frozen=True)"),
        ({"stage": ""}, "it overrides no stage, so it changes nothing; the stages are normalizat"),
        ({"more": "noise: float = parameter(0.1)"}, "noise is 0.1, and has the name of the method"),
    ],
)
def test_a_wrong_declaration_is_refused_when_it_is_found(
    changes: dict[str, str], message: str, tmp_path: Path
) -> None:
    assert message in refused(tmp_path, **changes)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (
            "def gradients(self, weights, rest): return rest()",
            "the stage gradients takes (weights, rest); the harness calls gradients(weights, moment,",
        ),
        ("def features(self, batch): return batch", "the harness calls features(batch, moment)"),
        ("def features(self, a, b, c): return a", "takes (a, b, c); the harness calls features("),
        ("def schedule(self, step, total, rest): return 1", "calls schedule(step, steps, rest)"),
        ("def draw(self, key): return key", "takes (key); the harness calls draw(key, size)"),
        (
            "def gradients(self, w, m, rest): return rest(w, m)",
            "the stage gradients calls rest(w, m); it is called as rest()",
        ),
        (
            "def loss(self, b, m, inner): return inner()",
            "calls inner(); it is called as inner(batch)",
        ),
        ("def update(self, w, g, s, m, rest): rest(g, s)", "is called as rest(gradients)"),
    ],
)
def test_a_wrong_signature_is_refused_when_it_is_found(
    stage: str, message: str, tmp_path: Path
) -> None:
    assert message in refused(tmp_path, stage=stage)


@pytest.mark.parametrize(
    "stage",
    [
        "def features(self, b, m, extra=1): return b",
        "def features(self, *args): return args[0]",
        "def features(self, *args, **more): return args[0]",
        "@staticmethod\n    def features(b, m): return b",
        "def schedule(self, t, steps, rest): return rest(t)",
        "def loss(self, b, m, rest): return (lambda rest: rest())(lambda: rest(b))",
        "def update(self, w, g, s, m, rest): rest(*[g])",
    ],
)
def test_a_signature_that_the_harness_can_call_is_accepted(stage: str, tmp_path: Path) -> None:
    found(tmp_path, stage=stage)


def test_a_subclass_without_parameters_of_its_own_needs_no_decorator(tmp_path: Path) -> None:
    more = "class Less(Mine):\n    facts = Facts(**{**vars(Mine.facts), 'name': 'less'})"
    found(tmp_path, stage=f"{PLAIN['stage']}\n\n{more}")
