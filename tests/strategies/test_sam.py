"""SAM against algorithm 1 of 2010.01412, on a quadratic whose gradients are known."""

from __future__ import annotations

import numpy as np
import pytest

from bench.plugins.registry import find
from strategies.batch_norm import BatchNorm
from strategies.dropout import Dropout
from strategies.sam import Sam
from tests.strategies.moments import moment
from tests.strategies.quadratic import CURVATURE, START, Quadratic
from tests.tiny import tiny_arm, trace

PAIRS = list(zip(CURVATURE, START, strict=True))


@pytest.mark.parametrize("rho", [0.05, 0.5])
def test_the_gradient_is_taken_at_w_plus_rho_g_over_its_norm(rho: float) -> None:
    model = Quadratic()
    loss, values = Sam(rho).gradients(model.weights, moment(), model)
    here = [a * w for a, w in PAIRS]
    norm = np.sqrt(sum((g**2).sum() for g in here))
    worst = [w + rho * g / norm for w, g in zip(START, here, strict=True)]
    for expected, seen in zip(worst, model.seen[1], strict=True):
        np.testing.assert_allclose(seen, expected, rtol=1e-6)
    for expected, a, value in zip(worst, CURVATURE, values, strict=True):
        np.testing.assert_allclose(value, a * expected, rtol=1e-6)
    assert len(model.seen) == 2
    np.testing.assert_allclose(loss, sum((a * w * w).sum() / 2 for a, w in PAIRS))


def test_weights_and_moving_statistics_are_as_one_pass_leaves_them() -> None:
    model, once = Quadratic(), Quadratic()
    once()
    Sam(0.5).gradients(model.weights, moment(), model)
    for weight, start in zip(model.variables, START, strict=True):
        np.testing.assert_array_equal(weight, start)
    np.testing.assert_array_equal(model.average, once.average)


def test_radius_zero_and_a_vanished_gradient_give_the_plain_gradient() -> None:
    for model, plain, rho in (
        (Quadratic(), Quadratic(), 0.0),
        (Quadratic((0 * START[0], 0 * START[1])), Quadratic((0 * START[0], 0 * START[1])), 0.05),
    ):
        for ours, theirs in zip(
            Sam(rho).gradients(model.weights, moment(), model).values, plain().values, strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_the_second_pass_repeats_masks_and_leaves_batch_statistics_alone() -> None:
    """At radius 0 both passes are one, if the masks of dropout are; the statistics change once."""
    task = find().tasks["cifar10"]
    others = [BatchNorm(), Dropout()]
    assert trace(tiny_arm(task, [*others, Sam(0.0)])) == trace(tiny_arm(task, others))
