"""Ways to predict beside the plain one.

* `mirrored`: the mean of the logits of an image and of its mirror image (test-time augmentation, as
  in the public CIFAR-10 speed records).
* `temperature`: logits divided by the number that fits the validation examples best (Guo et al. 2017,
  1706.04599, section 4.2). No answer changes, only the confidence.
* `noise`: the mean of the probabilities of 10 passes with the arm's noise, such as dropout (Gal and
  Ghahramani 2016, 1506.02142, section 4). It does not apply to an arm without noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from bench.core.strategy import Moment, Strategy, Tensor
from bench.training.compiled_arm import CompiledArm
from bench.training.device_data import Arrays
from bench.training.evaluation import Evaluator, plain
from bench.training.loss_chain import Model
from bench.training.scores import quality

PASSES = 10
"""Passes with noise."""
NOISY = ("noise", "merge", "kernel")
"""Stages that may draw noise. Strategies that change hidden states mix examples, and stay out."""
TEMPERATURES = (0.01, 100.0)

Predict: TypeAlias = Callable[[Arrays, np.ndarray], np.ndarray]
"""(data, rows [N]) -> logits float [N, K] at the arm's current weights."""


def mirrored(arm: CompiledArm) -> Predict | None:
    """Return the mean of the logits of images [B, H, W, C] and their mirror images; None for texts."""
    if len(arm.data.pool.values.shape) != 4:
        return None

    def forward(model: Model, values: Tensor, mask: Tensor | None) -> Tensor:
        return (plain(model, values, mask) + plain(model, values[:, :, ::-1], mask)) / 2.0

    return Evaluator(arm.model, forward).logits


def temperature(arm: CompiledArm) -> Predict:
    """Return logits at the temperature that the validation examples choose."""
    pool, rows = arm.data.pool, arm.draw.validation
    chosen = fitted(arm.logits(pool, rows), tf.gather(pool.labels, rows).numpy())
    return lambda data, some: arm.logits(data, some) / chosen


def fitted(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature in `TEMPERATURES` of the least negative log-likelihood."""

    def nll(logarithm: float) -> float:
        mean = quality(logits / np.exp(logarithm), labels).nll
        return np.inf if mean is None else mean

    found = minimize_scalar(nll, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    return float(np.exp(found.x))


def noise(arm: CompiledArm) -> Predict | None:
    """Return the logarithm of the mean probabilities of passes with noise; None without noise."""
    acting = [s for s in arm.strategies if not s.touches("hidden")]
    if not any(s.touches(stage) for s in acting for stage in NOISY):
        return None
    number = tf.Variable(0, dtype=tf.int64, trainable=False)
    end = tf.constant(1.0 - 1.0 / arm.recipe.steps)

    def moment_of(strategy: Strategy, purpose: str) -> Moment:
        # Keys of steps after the last one: noise that the training did not have.
        step = arm.recipe.steps + tf.cast(number, tf.int32)
        return arm.moments(tf.range(1), step, {})._replace(progress=end).of(strategy, purpose)

    def forward(model: Model, values: Tensor, mask: Tensor | None) -> Tensor:
        return plain(model._replace(strategies=acting), values, mask, moment_of)

    evaluator = Evaluator(arm.model, forward)

    def predict(data: Arrays, rows: np.ndarray) -> np.ndarray:
        total = np.zeros(())
        for index in range(PASSES):
            number.assign(index)
            total = total + np.exp(log_softmax(evaluator.logits(data, rows), axis=1)) / PASSES
        return np.log(np.maximum(total, np.finfo(float).tiny))

    return predict


PREDICTIONS: Mapping[str, Callable[[CompiledArm], Predict | None]] = {
    "mirrored": mirrored,
    "temperature": temperature,
    "noise": noise,
}
