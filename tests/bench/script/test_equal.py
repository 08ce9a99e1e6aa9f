"""A script trains as the suite's arm does: from one seed on the same examples, to rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench import Evaluation, StoppingDecision
from bench.core.strategy import applicability, clash, configured
from bench.plugins.registry import find
from strategies.early_stopping import EarlyStopping
from tests.bench.script.equal import difference
from tests.strategies.arms import acting, acts_inside

REGISTRY = find()
ROUNDING = 1e-4
"""Share of the largest change in training; another order of sums gives some 1e-6."""
FAST: Mapping[str, Any] = {
    "network": "fast", "optimizer": "sgd", "momentum": 0.85, "schedule": "triangle",
    "final_rate": 0.07, "learning_rate": 0.05, "widths": (4,),
}  # fmt: skip
"""One group: on tiny images a second one has maps of one pixel, which instance norm makes zeros."""
SMALL: Mapping[str, Mapping[str, Any]] = {"cutout": {"size": 3}}
"""Strategy -> parameters for tiny images, of which the defaults leave no pixel."""
VARIANTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "residual": ("cifar10", {}),
    "fast": ("cifar10", FAST),
    "lstm": ("imdb", {}),
    "ngrams": ("imdb", {"network": "ngrams", "buckets": 50}),
    "transformer": ("imdb_transformer", {}),
}
"""Name -> task and changes of its recipe."""


class Case(NamedTuple):
    variant: str
    stack: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.variant}-{'+'.join(self.stack) or 'baseline'}"


def apart(case: Case, folder: Path, **constants: Any) -> float:
    task, changes = VARIANTS[case.variant]
    members = [replace(acting(REGISTRY, name), **SMALL.get(name, {})) for name in case.stack]
    return difference(REGISTRY.task(task), members, folder, changes, constants)


def applies(case: Case) -> bool:
    facts = REGISTRY.task(VARIANTS[case.variant][0]).facts
    members = [acting(REGISTRY, name) for name in case.stack]
    return clash(members) is None and all(applicability(s, facts) is None for s in members)


QUICK = [
    Case("residual", ("flip_crop", "label_smoothing", "cutmix", "ema", "weight_decay")),
    Case("residual", ("manifold_mixup", "gradient_clipping", "weight_standardization")),
    Case("lstm", ("word_dropout", "r_drop", "sam")),
    Case("ngrams", ()),
]
MAIN = ("residual", "lstm")
"""The networks of each modality that every technique is tried on; others have those that act in them."""
ALONE = [
    Case(variant, stack)
    for variant in VARIANTS
    for stack in [(), *zip(REGISTRY.strategies)]
    if variant in MAIN or all(acts_inside(REGISTRY, name) for name in stack)
]
PRESETS = [Case(v, preset.strategies) for v in VARIANTS for preset in REGISTRY.presets.values()]
OTHERS = [
    Case("residual", ("batch_norm", "sam", "r_drop", "early_stopping", "swa")),
    Case("transformer", ("layer_norm", "stochastic_depth", "manifold_mixup", "fgm", "lookahead")),
    Case("lstm", ("embedding_dropout", "batch_norm", "fgm", "early_stopping", "focal_loss")),
]


@pytest.mark.parametrize("case", QUICK, ids=str)
def test_a_stack_trains_alike(case: Case, tmp_path: Path) -> None:
    assert apart(case, tmp_path) < ROUNDING


def test_another_constant_in_the_script_is_seen(tmp_path: Path) -> None:
    case = Case("residual", ("label_smoothing",))
    assert apart(case, tmp_path, LABEL_SMOOTHING=0.12) > 10 * ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [case for case in (*ALONE, *PRESETS, *OTHERS) if applies(case)], ids=str
)
def test_each_technique_and_preset_trains_alike(case: Case, tmp_path: Path) -> None:
    assert apart(case, tmp_path) < ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes", [{"optimizer": "muon"}, {"schedule": "linear"}, {"statistics": "moving"}]
)
def test_each_setting_of_a_recipe_trains_alike(changes: dict[str, Any], tmp_path: Path) -> None:
    members = [configured(REGISTRY.strategy("batch_norm"), {})]
    assert difference(REGISTRY.task("cifar10"), members, tmp_path, changes) < ROUNDING


@pytest.mark.slow
def test_early_stopping_looks_after_the_same_steps(tmp_path: Path) -> None:
    """The evaluations do not divide the steps: 4, 7 and 11 of 11."""
    stops = configured(REGISTRY.strategy("early_stopping"), {"patience": 1, "monitor": "nll"})
    changes = {"steps": 11, "evaluations": 3, "learning_rate": 0.01}
    assert difference(REGISTRY.task("cifar10"), [stops], tmp_path, changes) < ROUNDING


@dataclass(frozen=True)
class StopsLate(EarlyStopping):
    """Looks at every field of an evaluation."""

    facts = replace(EarlyStopping.facts, name="a_second_stop")

    def stopping(self, curve: Sequence[Evaluation]) -> StoppingDecision:
        last = curve[-1]
        trains = last.train_loss is not None and 0.0 < last.train_loss < 10.0
        late = last.step >= 6 and last.examples == 8 * last.step
        return StoppingDecision(keep=last.step == 4, stop=late and trains)


def test_any_of_several_techniques_stops_and_keeps(tmp_path: Path) -> None:
    """The one that stops at step 6 is not the last one, which would go on to the end."""
    patient = configured(REGISTRY.strategy("early_stopping"), {"patience": 100, "monitor": "nll"})
    changes = {"steps": 12, "evaluations": 6, "learning_rate": 0.01}
    members = [StopsLate(), patient]
    assert difference(REGISTRY.task("cifar10"), members, tmp_path, changes) < ROUNDING
    text = (tmp_path / "recipe_script.py").read_text()
    assert text.index("a_second_stop_stopping(curve),") < text.index(
        "early_stopping_stopping(curve),"
    )
    assert "if any(decision.stop for decision in decisions):" in text


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alternating_flip", "online_label_smoothing"])
def test_a_technique_that_counts_epochs_trains_alike_over_some(name: str, tmp_path: Path) -> None:
    """Five epochs at a large rate: after one, predictions are too even to tell soft labels apart."""
    changes = {"steps": 15, "learning_rate": 0.01}
    members = [acting(REGISTRY, name)]
    assert difference(REGISTRY.task("cifar10"), members, tmp_path, changes) < ROUNDING
