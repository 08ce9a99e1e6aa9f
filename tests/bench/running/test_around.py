"""A design around a base stack: less each member, plus each other technique or in place of some."""

from __future__ import annotations

import pytest

from bench.core.errors import UsageError
from bench.core.study import Study
from bench.plugins.registry import Registry, find
from bench.running.plan import plan
from bench.running.request import Request
from bench.tasks.task import Source


@pytest.fixture(scope="module")
def registry() -> Registry:
    return find()


def made(registry: Registry, **asked: object) -> Study:
    request = Request(
        **{"profile": "smoke", "tasks": ("cifar10",), "design": "around", **asked}  # type: ignore[arg-type]
    )
    return plan(request, registry, Source(mode="synthetic")).study


def stacks(study: Study) -> dict[str, set[str]]:
    return {arm.name: {use.name for use in arm.strategies} for arm in study.arms}


def test_each_member_is_left_out_and_each_other_technique_is_added(registry: Registry) -> None:
    study = made(registry, base=("ema", "mixup"), strategies=("mixup", "label_smoothing", "ema"))
    assert stacks(study) == {
        "baseline": {"ema", "mixup"},
        "without ema": {"mixup"},
        "without mixup": {"ema"},
        "label_smoothing": {"ema", "mixup", "label_smoothing"},
    }
    assert {arm.reference for arm in study.arms[1:]} == {"baseline"}


def test_all_of_it_is_one_declared_family(registry: Registry) -> None:
    study = made(registry, base=("ema",), strategies=("mixup",))
    assert set(study.family) == {("cifar10", "without ema"), ("cifar10", "mixup")}
    assert made(registry, base=("ema",), strategies=("mixup",), exploratory=True).family == ()


def test_a_preset_is_a_base_with_its_settings_and_set_goes_before_them(registry: Registry) -> None:
    study = made(registry, base=("strong_image",), strategies=())
    values = {use.name: use.parameters for use in study.arm("cifar10", "baseline").strategies}
    preset = registry.presets["strong_image"]
    assert set(values) == set(preset.strategies)
    for strategy, settings in preset.settings.items():
        assert values[strategy].items() >= settings.items()
    changed = made(
        registry,
        base=("strong_image",),
        strategies=(),
        settings={"label_smoothing.smoothing": "0.1"},
    )
    smoothing = {u.name: u.parameters for u in changed.arms[0].strategies}["label_smoothing"]
    assert smoothing == {"smoothing": 0.1}
    assert study.name == "smoke-synthetic-strong_image"


def test_a_technique_that_excludes_members_takes_their_place(registry: Registry) -> None:
    base = ("batch_norm", "alternating_flip", "translate")
    study = made(registry, base=base, strategies=("layer_norm", "flip_crop"))
    found = stacks(study)
    assert found["layer_norm for batch_norm"] == {"layer_norm", "alternating_flip", "translate"}
    assert found["flip_crop for alternating_flip+translate"] == {"batch_norm", "flip_crop"}
    assert ("cifar10", "layer_norm for batch_norm") in study.family


def test_a_technique_of_another_modality_is_not_applicable(registry: Registry) -> None:
    study = made(registry, base=("batch_norm",), strategies=("word_dropout", "mixup"))
    assert list(stacks(study)) == ["baseline", "without batch_norm", "mixup"]
    assert "works on text" in study.not_applicable[0].reason


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"base": ()}, "--design around needs a --base"),
        (
            {"base": ("strong_image",), "tasks": ("imdb",)},
            "base of imdb: .*_flip works on image",
        ),
        ({"base": ("strong_imag",)}, "did you mean 'strong_image'"),
    ],
)
def test_a_base_that_cannot_be_is_one_line(
    asked: dict[str, object], words: str, registry: Registry
) -> None:
    with pytest.raises(UsageError, match=words):
        made(registry, **asked)
