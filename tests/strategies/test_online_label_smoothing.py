"""Online label smoothing against section 3 of 2011.12562."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from bench import Batch, Facts, Gradients, LossResult, Moment, Paper, Strategy, Weights
from bench.plugins.registry import find
from bench.training.compiled_arm import Settings
from strategies.online_label_smoothing import OnlineLabelSmoothing, correct_predictions, means
from strategies.sam import Sam
from tests.strategies.arms import eager_step
from tests.strategies.moments import moment
from tests.tiny import tiny_arm, trace

CLASSES, STEPS_AN_EPOCH, EPOCHS = 4, 5, 3
RANDOM = np.random.default_rng(0)
LOGITS = 2.0 * RANDOM.normal(size=(EPOCHS, STEPS_AN_EPOCH, 6, CLASSES))
LABELS = RANDOM.integers(0, CLASSES - 1, size=(EPOCHS, STEPS_AN_EPOCH, 6))
"""No example has the last class."""
WEIGHTS = Weights([], [], [], [], classes=CLASSES)
CIFAR10 = find().tasks["cifar10"]


def soft_labels(epoch: int) -> np.ndarray:
    """Return the paper's soft labels of an epoch, one row for each class, as the paper has them."""
    labels = np.full((CLASSES, CLASSES), 1 / CLASSES)
    if epoch == 0:
        return labels
    logits, classes = LOGITS[epoch - 1].reshape(-1, CLASSES), LABELS[epoch - 1].ravel()
    right = logits.argmax(axis=1) == classes
    for k in range(CLASSES):
        if (right & (classes == k)).any():
            labels[k] = softmax(logits[right & (classes == k)], axis=1).mean(axis=0)
    return labels


def trained(alpha: float, passes: int = 1) -> tuple[list[list[LossResult]], list[Any]]:
    """Return the results of the steps of each epoch; each step computes the loss `passes` times."""
    strategy = OnlineLabelSmoothing(alpha)
    state = strategy.state(WEIGHTS)
    results = []
    for epoch in range(EPOCHS):
        results.append([])
        for place in range(STEPS_AN_EPOCH):
            step = tf.constant(epoch * STEPS_AN_EPOCH + place)
            now = moment()._replace(step=step, epoch=tf.constant(epoch), state=state)
            targets = tf.one_hot(LABELS[epoch, place], CLASSES)
            for number in range(passes):

                def rest(
                    batch: Batch, number: int = number, at: Any = (epoch, place)
                ) -> LossResult:
                    # Later passes predict something else, as at moved weights.
                    logits = tf.constant(LOGITS[at] * (-1) ** number, tf.float32)
                    losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
                    return LossResult(losses, logits, batch.targets)

                result = strategy.loss(Batch(tf.zeros([6, 2]), None, targets), now, rest)
                if number == 0:
                    results[-1].append(result)
    return results, state


@pytest.mark.parametrize("alpha", [0.5, 0.8])
@pytest.mark.parametrize("passes", [1, 2])
def test_the_loss_is_alpha_of_the_hard_and_the_rest_of_the_soft_one(
    alpha: float, passes: int
) -> None:
    results, _ = trained(alpha, passes)
    for epoch, place in np.ndindex(EPOCHS, STEPS_AN_EPOCH):
        log_p, classes = log_softmax(LOGITS[epoch, place], axis=1), LABELS[epoch, place]
        hard = -log_p[np.arange(6), classes]
        soft = -(soft_labels(epoch)[classes] * log_p).sum(axis=1)
        expected = alpha * hard + (1 - alpha) * soft
        np.testing.assert_allclose(results[epoch][place].losses, expected, rtol=1e-5)


def test_alpha_one_keeps_the_labels_bit_for_bit() -> None:
    for epoch, results in enumerate(trained(1.0)[0]):
        for place, result in enumerate(results):
            np.testing.assert_array_equal(result.targets, np.eye(CLASSES)[LABELS[epoch, place]])


def test_a_class_without_a_right_prediction_is_smoothed_evenly() -> None:
    soft = means(tf.constant([[0.0, 0.0], [0.2, 1.8]])).numpy()
    np.testing.assert_allclose(soft, [[0.5, 0.5], [0.1, 0.9]], rtol=1e-6)


def test_a_mixed_example_counts_for_its_predicted_class_by_that_class_s_share() -> None:
    logits = tf.constant([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    targets = tf.constant([[0.3, 0.7, 0.0], [0.3, 0.7, 0.0], [0.3, 0.7, 0.0]])
    p = softmax(logits, axis=1)
    expected = np.stack([0.3 * p[0], 0.7 * p[1], 0.0 * p[2]])
    np.testing.assert_allclose(correct_predictions(logits, targets), expected, rtol=1e-6)


def test_soft_labels_mix_as_the_labels_do() -> None:
    state = OnlineLabelSmoothing().state(WEIGHTS)
    state[0].assign(RANDOM.dirichlet(np.ones(CLASSES), CLASSES))
    targets = tf.constant(RANDOM.dirichlet(np.ones(CLASSES), 6), tf.float32)
    now = moment()._replace(epoch=tf.constant(0), state=state)

    def rest(batch: Batch) -> LossResult:
        return LossResult(tf.zeros([6]), tf.zeros([6, CLASSES]), batch.targets)

    result = OnlineLabelSmoothing(0.6).loss(Batch(tf.zeros([6, 2]), None, targets), now, rest)
    expected = 0.6 * targets + 0.4 * (targets.numpy() @ state[0].numpy())
    np.testing.assert_allclose(result.targets, expected, rtol=1e-5)


def test_no_gradient_reaches_the_sums_and_large_logits_stay_finite() -> None:
    logits = tf.Variable([[90.0, 0.0, -90.0]], dtype=tf.float16)
    assert np.isfinite(correct_predictions(logits, tf.one_hot([0], 3))).all()


def test_a_record_tells_what_a_class_keeps_of_its_label() -> None:
    strategy, state = OnlineLabelSmoothing(), trained(0.5)[1]
    measured = strategy.measured(state)["own_class"]
    assert measured == pytest.approx(np.diag(soft_labels(EPOCHS - 1)).mean(), rel=1e-5)


# In a trial --------------------------------------------------------------------------------------


def sums_after_a_step(strategies: list[Strategy], precision: str = "float32") -> np.ndarray:
    arm = tiny_arm(CIFAR10, strategies, Settings(precision))
    arm.reset(0)
    eager_step(arm)
    position = [s.facts.name for s in arm.strategies].index("online_label_smoothing")
    return np.array(arm.states[position][1])


def test_sam_s_second_pass_does_not_count() -> None:
    alone = sums_after_a_step([OnlineLabelSmoothing()])
    np.testing.assert_allclose(sums_after_a_step([OnlineLabelSmoothing(), Sam()]), alone, rtol=1e-6)


@dataclass(frozen=True)
class Overflow(Strategy):
    """A strategy whose gradients overflow."""

    facts = Facts(
        "overflow", "probe", Paper("Nobody", 2000, "-"), "overflows", "inf", ("image",), "free",
        "it always overflows",
    )  # fmt: skip

    def gradients(self, weights: Weights, moment: Moment, rest: Any) -> Gradients:
        loss, values = rest()
        return Gradients(loss, [value + float("inf") for value in values])


def test_a_step_that_overflows_counts_nothing() -> None:
    strategies = [OnlineLabelSmoothing(), Overflow()]
    assert not sums_after_a_step(strategies, "mixed_float16").any()


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_it_trains_over_epochs_in_half_precision(precision: str) -> None:
    arm = tiny_arm(CIFAR10, [OnlineLabelSmoothing()], Settings(precision))
    losses = trace(arm, steps=4).losses
    soft, _, epoch, step = (np.array(v) for v in arm.states[0])
    assert np.isfinite(losses).all()
    assert (epoch, step) == (1, 3)
    np.testing.assert_allclose(soft.sum(axis=1), 1.0, rtol=1e-5)


def test_a_reset_starts_from_uniform_labels() -> None:
    strategy = replace(OnlineLabelSmoothing(), alpha=0.3)
    np.testing.assert_allclose(strategy.state(WEIGHTS)[0], 1 / CLASSES)
