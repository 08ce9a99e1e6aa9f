"""A quadratic objective whose gradients are known, for the `gradients` stages."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench import Gradients, Weights

CURVATURE = (np.array([2.0, 5.0], np.float32), np.array([[1.0], [7.0], [3.0]], np.float32))
START = (np.array([1.0, -2.0], np.float32), np.array([[0.5], [1.5], [-1.0]], np.float32))


class Quadratic:
    """A bias and a kernel with L = sum a w^2 / 2, and a moving average that every pass changes."""

    def __init__(self, start: tuple[np.ndarray, ...] = START) -> None:
        self.variables = [tf.Variable(w) for w in start]
        self.average = tf.Variable(0.0)
        self.weights = Weights(self.variables, [False, True], [False, False], [self.average])
        self.seen: list[list[np.ndarray]] = []

    def __call__(self) -> Gradients:
        self.seen.append([w.numpy() for w in self.variables])
        self.average.assign(0.9 * self.average + 0.1 * self.variables[0][0])
        pairs = list(zip(CURVATURE, self.variables, strict=True))
        loss = tf.add_n([tf.reduce_sum(a * w * w) / 2 for a, w in pairs])
        return Gradients(loss, [a * w for a, w in pairs])
