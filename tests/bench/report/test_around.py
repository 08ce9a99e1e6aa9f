"""The arms around a base."""

from __future__ import annotations

from bench.core.study import Study
from bench.plugins.registry import find
from bench.report.around import ADDS, CARRIES, REPLACES, groups, left_out
from bench.running.plan import plan
from bench.running.request import Request
from bench.tasks.task import Source


def around(design: str) -> Study:
    request = Request(
        profile="smoke",
        tasks=("cifar10",),
        strategies=("mixup", "layer_norm"),
        base=("batch_norm", "ema"),
        design=design,
    )
    return plan(request, find(), Source(mode="synthetic")).study


def test_arms_around_a_base_are_grouped() -> None:
    study = around("around")
    headings = groups(study, "cifar10")
    assert headings["without ema"] == headings["without batch_norm"] == CARRIES
    assert headings["mixup"] == ADDS
    assert headings["baseline"] == "", "nor does a tuned base add anything to itself"
    assert headings["layer_norm for batch_norm"] == REPLACES
    assert left_out(study, "cifar10", "layer_norm for batch_norm") == ["batch_norm"]


def test_arms_of_another_design_are_not() -> None:
    assert set(groups(around("one-in"), "cifar10").values()) == {""}
