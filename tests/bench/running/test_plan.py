"""Designs, and arms that do not apply."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from bench import Facts, Paper, Strategy, parameter
from bench.core.errors import UsageError
from bench.core.study import Arm, Study
from bench.plugins.registry import Registry, find
from bench.running.arms import CONTROL
from bench.running.plan import equal_time, plan
from bench.running.request import Request
from bench.running.sweep import scaled
from bench.tasks.task import Source

SYNTHETIC = Source(mode="synthetic")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return find()


def made(registry: Registry, **asked: object) -> Study:
    request = Request(**{"profile": "smoke", "tasks": ("cifar10",), **asked})  # type: ignore[arg-type]
    return plan(request, registry, SYNTHETIC).study


def arm_names(study: Study) -> list[str]:
    return [arm.name for arm in study.arms]


def test_one_in_has_a_baseline_and_an_arm_for_each_default_strategy(registry: Registry) -> None:
    study = made(registry, tasks=("cifar10", "imdb"))
    for task in ("cifar10", "imdb"):
        names = [arm.name for arm in study.arms if arm.task == task]
        assert names == ["baseline", *registry.defaults()]
    assert set(study.family) == {
        (arm.task, arm.name) for arm in study.arms if arm.role == "treatment"
    }
    assert study.name == "smoke-synthetic"
    assert study.synthetic


def test_trials_come_seed_by_seed(registry: Registry) -> None:
    trials = made(registry, strategies=("mixup",), seeds=2).trials()
    assert [(t.seed, t.arm.name) for t in trials] == [
        (0, "baseline"), (0, "mixup"), (1, "baseline"), (1, "mixup"),
    ]  # fmt: skip


def test_controls_declare_their_streams(registry: Registry) -> None:
    control = made(registry, strategies=(), controls=True).arm("cifar10", CONTROL)
    assert (control.role, control.streams, control.treatment) == ("control", 1, ("streams",))


def test_parameters_reach_arms_and_recipe(registry: Registry) -> None:
    study = made(
        registry,
        strategies=("mixup",),
        settings={"mixup.alpha": "0.4", "recipe.learning_rate": "1e-3", "recipe.widths": "4,8"},
    )
    arm = study.arm("cifar10", "mixup")
    assert arm.strategies[0].parameters["alpha"] == 0.4
    assert arm.recipe["learning_rate"] == 1e-3
    assert arm.recipe["widths"] == [4, 8]


def test_base_is_in_every_arm_and_what_it_excludes_is_not_applicable(registry: Registry) -> None:
    study = made(registry, base=("batch_norm",), strategies=("mixup", "layer_norm", "batch_norm"))
    assert study.name == "smoke-synthetic-batch_norm"
    assert [use.name for use in study.arm("cifar10", "baseline").strategies] == ["batch_norm"]
    assert {u.name for u in study.arm("cifar10", "mixup").strategies} == {"batch_norm", "mixup"}
    reasons = {n.arm: n.reason for n in study.not_applicable}
    assert "one owner" in reasons["layer_norm"]
    assert "already in the base" in reasons["batch_norm"]
    assert study.family == ()


def test_all_is_every_strategy_also_those_of_a_plugin(registry: Registry) -> None:
    more = registry._replace(
        strategies={**registry.strategies, "mine": registry.strategies["mixup"]}
    )
    study = made(more, strategies=("all",))
    absent = {n.arm for n in study.not_applicable}
    assert {*arm_names(study), *absent} == {"baseline", *more.strategies}
    with pytest.raises(UsageError, match="unknown strategy 'all'"):
        made(registry, strategies=("all", "mixup"))


def test_an_exploratory_study_declares_no_family(registry: Registry) -> None:
    study = made(registry, exploratory=True)
    assert study.family == ()
    assert study.arms == made(registry).arms


def test_a_named_stack_with_two_owners_is_an_error(registry: Registry) -> None:
    with pytest.raises(UsageError, match="one owner"):
        made(registry, stacks=("batch_norm+layer_norm",))


def test_pairwise_has_singles_and_the_pairs_that_can_be(registry: Registry) -> None:
    study = made(registry, design="pairwise", strategies=("batch_norm", "layer_norm", "mixup"))
    assert arm_names(study) == [
        "baseline", "batch_norm", "layer_norm", "mixup", "batch_norm+mixup", "layer_norm+mixup",
    ]  # fmt: skip
    assert [n.arm for n in study.not_applicable] == ["batch_norm+layer_norm"]


def test_leave_one_out_compares_with_the_full_stack(registry: Registry) -> None:
    study = made(
        registry, design="leave-one-out", strategies=("batch_norm", "mixup", "label_smoothing")
    )
    full = "batch_norm+mixup+label_smoothing"
    without = study.arm("cifar10", f"{full}[without mixup]")
    assert without.reference == full
    assert {use.name for use in without.strategies} == {"batch_norm", "label_smoothing"}


def test_a_recipe_sweep_compares_at_equal_values(registry: Registry) -> None:
    study = made(registry, strategies=("mixup",), sweep="recipe.learning_rate=0.5x,1x,2x")
    rate = study.arm("cifar10", "baseline").recipe["learning_rate"]
    swept = study.arm("cifar10", f"mixup[learning_rate={2 * rate:g}]")
    assert swept.recipe["learning_rate"] == pytest.approx(2 * rate)
    assert swept.reference == f"baseline[learning_rate={2 * rate:g}]"
    reference = study.arm("cifar10", swept.reference)
    assert (reference.reference, reference.treatment) == ("baseline", ("recipe.learning_rate",))
    assert len(study.arms) == 6  # the value 1x is the arm that is there already


def test_a_strategy_sweep_changes_that_strategy_alone(registry: Registry) -> None:
    study = made(registry, strategies=("mixup", "cutmix"), sweep="mixup.alpha=0.1,0.4")
    assert arm_names(study) == [
        "baseline", "mixup", "mixup[alpha=0.1]", "mixup[alpha=0.4]", "cutmix",
    ]  # fmt: skip


def test_a_value_that_is_repeated_in_a_sweep_is_one_arm(registry: Registry) -> None:
    study = made(registry, strategies=("mixup",), sweep="mixup.alpha=0.1,0.1,0.10,1e-1")
    assert arm_names(study) == ["baseline", "mixup", "mixup[alpha=0.1]"]
    study = made(registry, strategies=("mixup",), sweep="mixup.alpha=0.1234567,0.1234568")
    assert arm_names(study)[2:] == ["mixup[alpha=0.1234567]", "mixup[alpha=0.1234568]"]


@pytest.mark.parametrize("value", [(1, 2), abs])
def test_a_parameter_that_no_record_can_hold_is_one_clear_line(
    registry: Registry, value: object
) -> None:
    @dataclass(frozen=True)
    class Odd(Strategy):
        odd: object = parameter(value)  # type: ignore[arg-type]
        facts: ClassVar = Facts(
            "odd", "own", Paper("me", 2026, "odd"), "x", "x", ("image",), "free", "none"
        )

    more = registry._replace(strategies={**registry.strategies, "odd": Odd})
    with pytest.raises(UsageError, match=r"odd\.odd is a .*; a parameter is a number") as raised:
        made(more, strategies=("odd",))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"strategies": ("mixpu",)}, "did you mean 'mixup'"),
        ({"tasks": ("cifar",)}, "did you mean 'cifar10'"),
        ({"profile": "quik"}, "did you mean 'quick'"),
        ({"design": "pairwize"}, "did you mean 'pairwise'"),
        ({"settings": {"mixup.alpa": "1"}}, "did you mean 'alpha'"),
        ({"settings": {"mixup.alpha": "-1"}}, r"mixup.alpha is -1.*lies in"),
        ({"settings": {"recipe.stps": "1"}}, "did you mean 'steps'"),
        ({"settings": {"recipe.steps": "0"}}, "recipe.steps of cifar10"),
        ({"settings": {"recipe.batch_size": "9999"}}, "above train_examples"),
        ({"settings": {"alpha": "1"}}, "OWNER.PARAMETER"),
        ({"sweep": "recipe.learning_rate"}, "OWNER.PARAMETER"),
        ({"seeds": 0}, "at least 1"),
        ({"seeds": 200_000}, "at most 100,000"),
        ({"tasks": ()}, "names no task"),
        ({"exploratory": True, "sequential": True}, "nothing for"),
    ],
)
def test_what_is_typed_wrongly_is_one_clear_line(
    registry: Registry, asked: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        made(registry, **asked)
    assert "\n" not in str(raised.value)


def test_another_recipe_under_an_existing_name_is_refused(registry: Registry) -> None:
    first = made(registry, strategies=("mixup",))
    wider = made(registry, strategies=("mixup", "cutmix"), seeds=5)
    both = first.extended(wider)
    assert (arm_names(both), both.seeds) == (["baseline", "mixup", "cutmix"], 5)
    assert both.family == first.family  # what was declared does not grow
    other = made(registry, strategies=("mixup",), settings={"recipe.steps": "7"})
    with pytest.raises(UsageError, match="another recipe of arm 'baseline'"):
        first.extended(other)


def test_scaled_values() -> None:
    assert scaled("3x", 0.1) == pytest.approx(0.3)
    assert scaled("2x", 100) == 200
    assert scaled("1", 0.5) == 1.0


def test_a_plugin_adds_a_strategy(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from dataclasses import dataclass\n"
        "from typing import ClassVar\n"
        "from bench.core.strategy import Facts, Paper, Strategy\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Strategy):\n"
        "    facts: ClassVar = Facts('mine', 'own', Paper('me', 2026, 'mine'), 'does it', 'x',\n"
        "        ('image',), 'free', 'none')\n"
        "    def features(self, batch, moment): return batch\n"
    )
    registry = find([plugin])
    study = made(registry, strategies=("mine",), tasks=("cifar10", "imdb"))
    assert [a.task for a in study.arms if a.name == "mine"] == ["cifar10"]
    assert study.not_applicable[0].reason == "works on image, imdb is text"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise ValueError('oh')", r"does not import: ValueError: oh \(line 1\)"),
        ("x = = 1", r"does not import: SyntaxError: .*line 1"),
        ("import sys; sys.exit(3)", "does not import: SystemExit"),
        ("x = 1", "defines no strategy and no task"),
    ],
)
def test_a_broken_plugin_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text(text)
    with pytest.raises(UsageError, match=message):
        find([plugin])
    with pytest.raises(UsageError, match="does not exist"):
        find([tmp_path / "missing.py"])


def test_every_arm_round_trips_through_json(registry: Registry) -> None:
    study = made(registry, tasks=("cifar10", "imdb", "imdb_transformer"), controls=True)
    assert Study.model_validate_json(study.model_dump_json()) == study
    assert all(isinstance(arm, Arm) for arm in study.arms)


def test_equal_time_arms_shorten_the_whole_schedule(registry: Registry) -> None:
    study = made(registry, strategies=("batch_norm", "mixup"))
    *others, arm = equal_time(study, {("cifar10", "batch_norm"): 1.5}).arms
    assert tuple(others) == study.arms
    steps = study.arm("cifar10", "batch_norm").recipe["steps"]
    assert (arm.name, arm.recipe["steps"]) == ("batch_norm[equal time]", round(steps / 1.5))
    assert arm.treatment == ("strategies", "equal time")
    assert arm.reference == "baseline"
    with pytest.raises(UsageError, match="needs step times"):
        equal_time(study, {})


def test_a_tuned_arm_has_the_time_of_its_default_unless_it_computes_something_else(
    registry: Registry,
) -> None:
    study = made(registry, strategies=("mixup", "lookahead"))

    def tuned(name: str, **parameters: float) -> Arm:
        arm = study.arm("cifar10", name)
        (use,) = arm.strategies
        changed = use.model_copy(update={"parameters": {**use.parameters, **parameters}})
        return arm.model_copy(update={"name": f"{name}[tuned]", "strategies": (changed,)})

    arms = (*study.arms, tuned("mixup", alpha=0.7), tuned("lookahead", period=7))
    study = study.model_copy(update={"arms": arms})
    ratios = {("cifar10", "mixup"): 1.25, ("cifar10", "lookahead"): 1.5}
    names = [arm.name for arm in equal_time(study, ratios).arms[len(arms) :]]
    assert names == [f"{name}[equal time]" for name in ("mixup", "lookahead", "mixup[tuned]")]
    own = {**ratios, ("cifar10", "mixup[tuned]"): 2.0}
    last = equal_time(study, own).arms[-1]
    assert last.recipe["steps"] == study.arm("cifar10", "mixup").recipe["steps"] // 2


def test_early_stopping_is_declared(registry: Registry) -> None:
    study = made(registry, strategies=("early_stopping", "mixup"))
    assert "early stopping" in study.arm("cifar10", "early_stopping").treatment
    assert "early stopping" not in study.arm("cifar10", "mixup").treatment


def test_a_preset_is_a_stack_and_can_be_taken_apart(registry: Registry) -> None:
    stack = registry.presets["modern_image"].strategies
    arm = made(registry, stacks=("modern_image",)).arm("cifar10", "modern_image")
    assert {use.name for use in arm.strategies} == set(stack)
    apart = made(registry, stacks=("modern_image",), design="leave-one-out")
    assert len(apart.arms) == 2 + len(stack)
    with pytest.raises(UsageError, match="did you mean 'modern_image'"):
        made(registry, stacks=("modern_imag",))


def test_a_stack_may_have_values_of_the_recipe(registry: Registry) -> None:
    texts = ("recipe.learning_rate=2x", "layer_norm+recipe.learning_rate=0.5x+recipe.steps=40")
    study = made(registry, stacks=texts)
    rate = study.arm("cifar10", "baseline").recipe["learning_rate"]
    plain, stacked = (study.arm("cifar10", text) for text in texts)
    assert (plain.strategies, plain.recipe["learning_rate"]) == ((), 2 * rate)
    assert "recipe.learning_rate" in plain.treatment
    assert plain.reference == stacked.reference == "baseline"
    assert [use.name for use in stacked.strategies] == ["layer_norm"]
    assert (stacked.recipe["learning_rate"], stacked.recipe["steps"]) == (0.5 * rate, 40)
    assert {"strategies", "recipe.learning_rate", "recipe.steps"} <= set(stacked.treatment)
    apart = made(registry, stacks=("mixup+recipe.steps=40",), design="leave-one-out")
    assert apart.arm("cifar10", "mixup+recipe.steps=40[without mixup]").recipe["steps"] == 40
    for wrong in ("mixup+recipe.steps", "recipe.steps=1+recipe.steps=2", "recipe.=3"):
        with pytest.raises(UsageError, match=r"write recipe\.PARAMETER=VALUE"):
            made(registry, stacks=(wrong,))
    with pytest.raises(UsageError, match=r"unknown parameter of recipe .stpes..*steps"):
        made(registry, stacks=("recipe.stpes=2",))


def test_every_preset_can_be_stacked_on_a_task_of_its_kind(registry: Registry) -> None:
    study = made(registry, tasks=("cifar10", "imdb"), stacks=tuple(registry.presets))
    assert {(a.task, a.name) for a in study.arms} >= {
        ("cifar10", "modern_image"),
        ("imdb", "modern_text"),
    }
