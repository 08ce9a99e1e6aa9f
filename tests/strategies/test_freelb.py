"""FreeLB against algorithm 1 of 1909.11764."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Slot, Strategy, Tensor
from bench.plugins.registry import find
from bench.training.compiled_arm import Settings
from strategies.freelb import FreeLB, ascended, beginning
from strategies.r_drop import RDrop
from tests.strategies.arms import eager_step
from tests.strategies.moments import key, moment
from tests.tiny import tiny_arm, trace

RANDOM = np.random.default_rng(0)
LENGTHS = np.array([2, 5, 3, 0])
MASK = np.arange(5)[None, :] < LENGTHS[:, None]
THERE = tf.constant(MASK[..., None], tf.float32)
VALUES = tf.constant(RANDOM.normal(size=(4, 5, 3)) * 0.3, tf.float32)
TARGETS = tf.one_hot([0, 1, 0, 1], 2)
KERNEL = tf.constant(RANDOM.normal(size=(3, 2)), tf.float32)
IMDB = find().tasks["imdb"]


def losses_of(values: Tensor, kernel: Any) -> LossResult:
    logits = tf.matmul(tf.reduce_sum(tf.tanh(values) * THERE, axis=1), kernel)
    losses = tf.nn.softmax_cross_entropy_with_logits(TARGETS, logits)
    return LossResult(losses, logits, TARGETS)


def norm(values: Any) -> np.ndarray:
    return np.sqrt(np.square(np.asarray(values, np.float64)).sum(axis=(1, 2)))


def test_it_begins_uniformly_within_epsilon_over_the_root_of_the_entries() -> None:
    lengths = RANDOM.integers(1, 21, 300)
    there = tf.constant((np.arange(20)[None, :] < lengths[:, None])[..., None], tf.float32)
    start = beginning(tf.zeros([300, 20, 8]), there, 0.6, key()).numpy()
    assert (start[there.numpy()[..., 0] == 0] == 0).all()
    scaled = start * np.sqrt(lengths * 8)[:, None, None] / 0.6
    inside = scaled[there.numpy()[..., 0] == 1]
    assert np.abs(inside).max() <= 1.0
    assert inside.mean() == pytest.approx(0.0, abs=0.02)
    assert inside.std() == pytest.approx(1 / np.sqrt(3), rel=0.02)
    assert len(np.unique(inside)) > 0.99 * inside.size
    assert np.isfinite(beginning(VALUES, THERE, 0.6, key())).all()


def test_a_step_has_the_length_alpha_along_each_text_s_gradient() -> None:
    gradient = tf.constant(RANDOM.normal(size=(4, 5, 3)) * 1e-3, tf.float32)
    moved = ascended(tf.zeros([4, 5, 3]), gradient, THERE, 0.1, 10.0).numpy()
    kept = gradient.numpy() * MASK[..., None]
    np.testing.assert_allclose(norm(moved), [0.1, 0.1, 0.1, 0.0], rtol=1e-5)
    expected = 0.1 * kept[:3] / norm(kept)[:3, None, None]
    np.testing.assert_allclose(moved[:3], expected, rtol=1e-4, atol=1e-8)


def test_it_stays_within_the_ball_of_epsilon() -> None:
    moved = (
        tf.constant(RANDOM.normal(size=(4, 5, 3)), tf.float32)
        * THERE
        * [[[1]], [[1]], [[0]], [[0]]]
    )
    gradient = tf.constant(RANDOM.normal(size=(4, 5, 3)), tf.float32)
    result = ascended(moved, gradient, THERE, 0.1, 0.4).numpy()
    np.testing.assert_allclose(norm(result), [0.4, 0.4, 0.1, 0.0], rtol=1e-5)
    assert not ascended(moved, gradient, THERE, 0.1, 0.0).numpy().any()


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_gradients_are_the_mean_over_the_steps_of_the_ascent(steps: int) -> None:
    kernel, embeddings = tf.Variable(KERNEL), tf.Variable(VALUES)
    passes: list[Batch] = []

    def rest(batch: Batch) -> LossResult:
        passes.append(batch)
        return losses_of(batch.values, kernel)

    strategy = FreeLB(0.5, 0.3, steps)
    with tf.GradientTape() as tape:
        batch = Batch(tf.identity(embeddings), tf.constant(MASK), TARGETS)
        outcome = strategy.loss(batch, moment(), rest)
        objective = tf.reduce_mean(outcome.losses)
    ours = tape.gradient(objective, [kernel, embeddings])
    # Algorithm 1, step by step.
    moved = beginning(VALUES, THERE, 0.5, key()).numpy()
    total, sums = 0.0, [0.0, 0.0]
    for step in range(steps):
        values = tf.constant(VALUES + moved)
        np.testing.assert_allclose(passes[step].values, values, rtol=1e-4, atol=1e-6)
        with tf.GradientTape() as tape:
            tape.watch(values)
            losses = losses_of(values, kernel).losses
            mean = tf.reduce_mean(losses)
        by_kernel, by_values = tape.gradient(mean, [kernel, values])
        total += losses.numpy() / steps
        sums = [sums[0] + by_kernel.numpy() / steps, sums[1] + by_values.numpy() / steps]
        uphill = by_values.numpy()
        length = np.maximum(norm(uphill), 1e-30)[:, None, None]
        moved = moved + np.where(length > 1e-20, 0.3 * uphill / length, 0.0)
        outside = np.maximum(norm(moved) / 0.5, 1.0)
        moved = (moved / outside[:, None, None]).astype(np.float32)
    assert len(passes) == steps
    np.testing.assert_allclose(outcome.losses, total, rtol=1e-5)
    for gradient, expected in zip(ours, sums, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-7)


def test_without_a_radius_every_pass_sees_the_embeddings_themselves() -> None:
    seen: list[Tensor] = []

    def rest(batch: Batch) -> LossResult:
        seen.append(batch.values)
        return losses_of(batch.values, KERNEL)

    FreeLB(0.0, steps=3).loss(Batch(VALUES, tf.constant(MASK), TARGETS), moment(), rest)
    assert len(seen) == 3
    for values in seen:
        np.testing.assert_array_equal(values, VALUES)


# Noise -------------------------------------------------------------------------------------------

KEYS: list[tuple[int, ...]] = []


@dataclass(frozen=True)
class Probe(Strategy):
    """A strategy that notes the keys of the noise at one slot."""

    facts = Facts(
        "probe", "probe", Paper("Nobody", 2000, "-"), "notes its keys", "x", ("text",), "free",
        "it changes nothing", rank=80,
    )  # fmt: skip

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        if slot.kind == "vector":
            KEYS.append(tuple(np.ravel(moment.key).tolist()))
        return values


@dataclass(frozen=True)
class Twice(Strategy):
    """A strategy that runs all inner passes twice."""

    facts = Facts(
        "twice", "probe", Paper("Nobody", 2000, "-"), "runs twice", "x", ("text",), "free",
        "it changes nothing", rank=5,
    )  # fmt: skip

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        rest(batch)
        return rest(batch)


def noise_of(*strategies: Strategy) -> list[int]:
    """Number the noise of the passes of a step, in the order of its first use."""
    arm = tiny_arm(IMDB, [*strategies, Probe()])
    arm.reset(0)
    KEYS.clear()
    eager_step(arm)
    return [list(dict.fromkeys(KEYS)).index(key) for key in KEYS]


def test_all_steps_have_the_same_masks() -> None:
    assert noise_of(FreeLB(steps=3)) == [0, 0, 0]


def test_strategies_around_and_within_have_masks_of_their_own() -> None:
    assert noise_of(FreeLB(), RDrop()) == [0, 1, 0, 1]
    assert noise_of(Twice(), FreeLB()) == [0, 0, 1, 1]
    assert noise_of(Twice(), RDrop()) == [0, 1, 2, 3]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_it_trains_in_half_precision(precision: str) -> None:
    half = trace(tiny_arm(IMDB, [FreeLB()], Settings(precision))).losses
    np.testing.assert_allclose(half, trace(tiny_arm(IMDB, [FreeLB()])).losses, rtol=0.1)
