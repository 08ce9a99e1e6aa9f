"""What the drawings are told of a study."""

from __future__ import annotations

from typing import Any

from bench.plugins.registry import find
from bench.report.gallery import ADDS, CARRIES, REPLACES, Subject
from bench.running.plan import plan
from bench.running.request import Request
from bench.tasks.task import Source


def groups(design: str) -> dict[str, str]:
    request = Request(
        profile="smoke",
        tasks=("cifar10",),
        strategies=("mixup", "layer_norm"),
        base=("batch_norm", "ema"),
        design=design,
    )
    nothing: Any = None
    study = plan(request, find(), Source(mode="synthetic")).study
    return Subject(study, nothing, nothing, "cifar10").groups


def test_arms_around_a_base_are_grouped() -> None:
    found = groups("around")
    assert found["without ema"] == found["without batch_norm"] == CARRIES
    assert found["mixup"] == ADDS
    assert found["layer_norm for batch_norm"] == REPLACES


def test_arms_of_another_design_are_not() -> None:
    assert set(groups("one-in").values()) == {""}
