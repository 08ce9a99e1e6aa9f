"""The same training as a user would write it: a bare step, and `model.fit`."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench.core.strategy import Tensor
from bench.networks.forward_pass import Pass
from bench.networks.network import Network
from bench.timing.device import Device, timed
from bench.training.batch_stages import raw
from bench.training.compiled_arm import CompiledArm
from bench.training.optimizer import make_optimizer


class Plain(keras.Model):
    """An arm's network as a Keras model: stored values (and lengths) to logits."""

    def __init__(self, network: Network, length: int | None) -> None:
        super().__init__()
        self.network, self.length = network, length

    def call(self, inputs: Any, training: bool = False) -> Tensor:
        values, mask = inputs, None
        if self.length is not None:
            values, lengths = inputs
            mask = tf.sequence_mask(lengths, self.length)
        flow = Pass((), mask, training=training)
        return tf.cast(self.network(self.network.embed(raw(values)), flow=flow), tf.float32)


def plain(arm: CompiledArm) -> Plain:
    """Return the arm's network as a Keras model that is not compiled."""
    train = arm.data.pool
    return Plain(arm.network, None if train.lengths is None else train.values.shape[1])


class BareStep:
    """Forward, backward, update in a `tf.function`, on batches that lie ready as tensors."""

    def __init__(self, arm: CompiledArm, device: Device) -> None:
        self.device = device
        self.position = 0
        train, size = arm.data.pool, arm.recipe.batch_size
        model = plain(arm)
        optimizer = make_optimizer(arm.recipe)
        optimizer.build(arm.network.trainable_variables)
        self.batches = []
        for start in range(0, arm.steps_an_epoch * size, size):
            rows = slice(start, start + size)
            values = train.values[rows]
            inputs = values if train.lengths is None else (values, train.lengths[rows])
            self.batches.append((inputs, tf.one_hot(train.labels[rows], arm.classes)))

        @tf.function(autograph=False)
        def step(inputs: Any, targets: Tensor) -> Tensor:
            with tf.GradientTape() as tape:
                logits = model(inputs, training=True)
                losses = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
                loss = tf.reduce_mean(losses)
            weights = arm.network.trainable_variables
            gradients = tape.gradient(loss, [weight.value for weight in weights])
            optimizer.apply_gradients(zip(gradients, weights, strict=True))
            return loss

        self.step = step
        self(1)

    def __call__(self, count: int) -> float:
        """Run `count` steps and return their seconds."""

        def run() -> Tensor:
            loss = tf.constant(0.0)
            for _ in range(count):
                loss = self.step(*self.batches[self.position])
                self.position = (self.position + 1) % len(self.batches)
            return loss

        return timed(run, self.device)


class Fit:
    """`model.fit` on arrays in memory, shuffled, whole epochs a call."""

    EPOCHS = 2

    def __init__(self, arm: CompiledArm, device: Device) -> None:
        self.device = device
        self.arm = arm
        self.steps_a_call = self.EPOCHS * arm.steps_an_epoch
        count = arm.steps_an_epoch * arm.recipe.batch_size
        train = arm.data.pool
        values = train.values.numpy()[:count]
        lengths = None if train.lengths is None else train.lengths.numpy()[:count]
        self.inputs = values if lengths is None else (values, lengths)
        self.targets = np.eye(arm.classes, dtype=np.float32)[train.labels.numpy()[:count]]
        self.model = plain(arm)
        self.model.compile(
            keras.optimizers.Adam(arm.recipe.learning_rate),
            keras.losses.CategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        self(arm.steps_an_epoch)

    def __call__(self, count: int) -> float:
        """Run whole epochs and return the seconds of `count` steps."""
        epochs = -(-count // self.arm.steps_an_epoch)

        def run() -> float:
            history = self.model.fit(
                self.inputs,
                self.targets,
                batch_size=self.arm.recipe.batch_size,
                epochs=epochs,
                verbose=0,
            )
            return float(history.history["loss"][-1])

        seconds = timed(run, self.device)
        return seconds * count / (epochs * self.arm.steps_an_epoch)
