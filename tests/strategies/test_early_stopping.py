from __future__ import annotations

import math

import pytest
import tensorflow as tf

from bench import Evaluation
from bench.plugins.registry import find
from bench.training.scores import quality
from bench.training.trainer import Trainer
from strategies.early_stopping import EarlyStopping, verdict
from tests.tiny import STEPS, tiny_arm


def point(accuracy: float, nll: float | None) -> Evaluation:
    return Evaluation(
        step=1, examples=8, train_loss=1.0, validation_accuracy=accuracy, validation_nll=nll
    )


@pytest.mark.parametrize(
    ("scores", "keep", "stop"),
    [
        ([0.1], True, False),
        ([0.1, 0.2], True, False),
        ([0.2, 0.1], False, False),
        ([0.2, 0.1, 0.2], False, True),
        ([0.2, 0.2, 0.2], False, True),
        ([0.2, 0.1, 0.3], True, False),
        # No new best in two evaluations; Prechelt's criterion, two successive losses, goes on.
        ([0.3, 0.1, 0.2], False, True),
        ([0.1, math.nan], False, False),
        ([math.nan, 0.1], True, False),
    ],
)
def test_it_keeps_what_is_better_than_all_before(
    scores: list[float], keep: bool, stop: bool
) -> None:
    assert verdict(scores, patience=2) == (keep, stop)


def test_accuracy_is_to_rise_and_loss_to_fall() -> None:
    rising = [point(0.5, 1.0), point(0.6, 2.0)]
    assert EarlyStopping(patience=1).stopping(rising) == (True, False)
    assert EarlyStopping(patience=1, monitor="nll").stopping(rising) == (False, True)
    assert EarlyStopping(monitor="nll").stopping([point(0.5, 1.0), point(0.6, None)]).keep is False


def test_a_trial_stops_early_with_its_best_weights() -> None:
    arm = tiny_arm(find().tasks["cifar10"], [EarlyStopping(patience=1)])
    result = Trainer(arm).run(0)
    scores = [p.validation_accuracy for p in result.curve]
    best = scores.index(max(scores))
    assert result.steps == min(best + 2, STEPS)
    assert result.facts == {"kept_step": best + 1}
    assert result.final is not None
    assert result.steps > best + 1, "a later state was there to be mistaken for the best"
    arm.reset(0)
    arm.train_steps(tf.constant(0), tf.constant(best + 1))
    kept = quality(arm.logits(arm.data.test), arm.data.test.labels.numpy())
    assert result.final.nll == pytest.approx(kept.nll, rel=1e-6)
