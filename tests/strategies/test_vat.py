"""VAT against equations 5 to 12 of 1704.03976."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import softmax

from bench import Batch, LossResult, Strategy
from bench.plugins.registry import find
from bench.training.compiled_arm import Settings
from strategies.dropout import Dropout
from strategies.vat import Vat, deviation, directions, divergence
from tests.strategies.arms import eager_step
from tests.strategies.moments import moment
from tests.tiny import tiny_arm, trace

RANDOM = np.random.default_rng(0)
PIXELS = tf.constant(RANDOM.normal(size=(4, 3, 3, 2)) * 1.5 + 0.2, tf.float32)
WORDS = tf.constant(RANDOM.normal(size=(4, 5, 3)) * 0.3, tf.float32)
MASK = np.arange(5)[None, :] < np.array([2, 5, 3, 1])[:, None]
TARGETS = tf.one_hot([0, 1, 0, 1], 2)
FIRST, SECOND = RANDOM.normal(size=(2, 5, 3)) * 2
TASKS = find().tasks


def images(values: tf.Tensor = PIXELS) -> Batch:
    return Batch(values, None, TARGETS)


def texts(values: tf.Tensor = WORDS) -> Batch:
    return Batch(values, tf.constant(MASK), TARGETS)


def norm(values: Any) -> np.ndarray:
    return np.linalg.norm(np.reshape(values, (len(values), -1)), axis=1)


class Network:
    """A linear network, or one with tanh before it, that notes the batches of its passes."""

    def __init__(self, values: tf.Tensor, curved: bool = False) -> None:
        size = int(np.prod(values.shape[1:]))
        kernel = np.random.default_rng(1).normal(size=(size, 2)) / np.sqrt(size)
        self.kernel = tf.Variable(kernel, dtype=tf.float32)
        self.curved = curved
        self.seen: list[Batch] = []

    def logits(self, values: tf.Tensor) -> tf.Tensor:
        flat = tf.reshape(values, [len(values), -1])
        return tf.matmul(tf.tanh(flat) if self.curved else flat, self.kernel)

    def __call__(self, batch: Batch) -> LossResult:
        self.seen.append(batch)
        logits = self.logits(batch.values)
        losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
        return LossResult(losses, logits, batch.targets)


def test_directions_have_norm_one_over_a_whole_example_and_are_0_at_padding() -> None:
    there = tf.constant(MASK[..., None], tf.float32)
    for scale in (1.0, 1e-25):
        unit = directions(WORDS * scale, there).numpy()
        np.testing.assert_allclose(norm(unit), 1.0, rtol=1e-5)
        kept = WORDS.numpy() * MASK[..., None]
        np.testing.assert_allclose(unit, kept / norm(kept)[:, None, None], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(norm(directions(PIXELS, tf.ones([]))), 1.0, rtol=1e-5)
    assert not directions(tf.zeros([2, 3]), tf.ones([])).numpy().any()


def test_the_unit_of_length_is_the_deviation_of_what_counts() -> None:
    there = tf.constant(MASK[..., None], tf.float32)
    assert float(deviation(WORDS, there)) == pytest.approx(WORDS.numpy()[MASK].std(), rel=1e-5)
    assert float(deviation(PIXELS, tf.ones([]))) == pytest.approx(PIXELS.numpy().std(), rel=1e-5)


def test_the_divergence_is_that_of_kullback_and_leibler() -> None:
    logits = [tf.constant(z, tf.float32) for z in (FIRST, SECOND)]
    expected = stats.entropy(softmax(FIRST, -1), softmax(SECOND, -1), axis=-1)
    np.testing.assert_allclose(divergence(*logits), expected, rtol=1e-4)
    far = divergence(tf.constant([[500.0, 0.0]]), tf.constant([[0.0, 500.0]]))
    np.testing.assert_allclose(far, 500.0, rtol=1e-6)


@pytest.mark.parametrize("batch", [images(), texts()], ids=["images", "texts"])
def test_a_linear_network_of_two_classes_is_moved_across_its_boundary(batch: Batch) -> None:
    """The divergence has one direction of curvature there, so one iteration finds it exactly."""
    network = Network(batch.values)
    Vat(epsilon=0.5, xi=0.01).loss(batch, moment(), network)
    clean, near, far = (np.array(seen.values) for seen in network.seen)
    np.testing.assert_array_equal(clean, batch.values)
    there = np.ones(1) if batch.mask is None else MASK[..., None]
    sigma = clean[np.broadcast_to(there, clean.shape) > 0].std()
    np.testing.assert_allclose(norm(near - clean), 0.01 * sigma, rtol=1e-2)
    np.testing.assert_allclose(norm(far - clean), 0.5 * sigma, rtol=1e-3)
    across = (network.kernel[:, 1] - network.kernel[:, 0]).numpy().reshape(clean.shape[1:])
    across = across * np.ones_like(clean) * there
    cosine = ((far - clean) * across).reshape(len(clean), -1).sum(axis=1)
    np.testing.assert_allclose(np.abs(cosine) / norm(across) / (0.5 * sigma), 1.0, rtol=1e-2)
    for seen in network.seen:
        assert seen.mask is batch.mask


def test_the_loss_adds_alpha_of_the_divergence_from_a_constant_prediction() -> None:
    network = Network(PIXELS, curved=True)
    with tf.GradientTape() as tape:
        outcome = Vat(2.0, 0.7).loss(images(), moment(), network)
        total = tf.reduce_mean(outcome.losses)
    ours = tape.gradient(total, network.kernel)
    clean, _, far = (seen.values for seen in network.seen)
    known = tf.nn.softmax(network.logits(clean)).numpy()
    with tf.GradientTape() as tape:
        cross_entropy = tf.nn.softmax_cross_entropy_with_logits(TARGETS, network.logits(clean))
        log_q = tf.nn.log_softmax(network.logits(far))
        apart = tf.reduce_sum(known * (np.log(known) - log_q), axis=-1)
        expected = cross_entropy + 0.7 * apart
        mean = tf.reduce_mean(expected)
    np.testing.assert_allclose(outcome.losses, expected, rtol=1e-5)
    np.testing.assert_allclose(ours, tape.gradient(mean, network.kernel), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(outcome.logits, network.logits(PIXELS))


def test_it_finds_a_worse_direction_than_chance_without_labels() -> None:
    found, random = [], []
    for seed in range(5):
        network = Network(PIXELS, curved=True)
        Vat(2.0, xi=0.1).loss(images(), moment(seed=seed), network)
        near, far = (seen.values for seen in network.seen[1:])
        clean = network.logits(PIXELS)
        as_far = network.logits(PIXELS + 20.0 * (near - PIXELS))
        random.append(divergence(clean, as_far))
        found.append(divergence(clean, network.logits(far)))
        other = Network(PIXELS, curved=True)
        swapped = images()._replace(targets=1.0 - TARGETS)
        Vat(2.0, xi=0.1).loss(swapped, moment(seed=seed), other)
        np.testing.assert_array_equal(other.seen[2].values, far)
    assert np.mean(found) > 3 * np.mean(random)


def test_all_passes_have_the_same_masks() -> None:
    """Predictions of another mask would be apart where nothing is moved."""
    losses = []
    for strategies in ([Dropout(), Vat(0.0)], [Dropout()]):
        arm = tiny_arm(TASKS["cifar10"], strategies)
        arm.reset(0)
        losses.append(eager_step(arm))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize("task", ["cifar10", "imdb"])
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_it_trains_in_half_precision_beside_dropout(task: str, precision: str) -> None:
    strategies: list[Strategy] = [Vat(1.0), Dropout()]
    half = trace(tiny_arm(TASKS[task], strategies, Settings(precision))).losses
    full = trace(tiny_arm(TASKS[task], strategies)).losses
    np.testing.assert_allclose(half, full, rtol=0.1)
