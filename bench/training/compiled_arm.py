"""An arm as compiled functions: traced once, its weights reset between seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bench.core.randomness import integer, isolated_python_random, stream
from bench.core.recipe import Recipe
from bench.core.strategy import Batch, Strategy, Tensor, ordered
from bench.networks.forward_pass import Kernels, Pass
from bench.networks.parts import Parts
from bench.tasks.task import Task
from bench.training.batch_stages import after_examples, raw
from bench.training.building import build, precision
from bench.training.device_data import Arrays, DeviceData
from bench.training.evaluation import Evaluator, recalibrate
from bench.training.gradient_chain import gradient_chain
from bench.training.loss_chain import Model
from bench.training.loss_scale import LossScale
from bench.training.moments import Moments, drawn
from bench.training.optimizer import make_optimizer
from bench.training.schedule import scheduled
from bench.training.training_loop import Epochs, run_steps
from bench.training.update_chain import update_chain
from bench.training.variables import (
    AVERAGES,
    assign,
    changed_in_training,
    kernel_places,
    unchanged,
    weights_of,
)


class Settings(NamedTuple):
    """Settings of the computation of a step that are not in the recipe."""

    precision: str = "float32"
    """`float32`, `float32_exact`, `mixed_bfloat16` or `mixed_float16` (with a dynamic loss scale).

    On recent NVIDIA GPUs the products of `float32` are TensorFloat-32, with 10 bits of mantissa.
    """
    xla: bool = False


class CompiledArm:
    """A network, an optimizer and the strategies around them, as compiled functions.

    Args:
        task: gives the network.
        strategies: the arm's strategies; they are composed by rank, then name.
        recipe: the arm's recipe.
        settings: precision and XLA.
        data: arrays for training and evaluation.
    """

    def __init__(
        self,
        task: Task,
        strategies: Sequence[Strategy],
        recipe: Recipe,
        settings: Settings,
        data: DeviceData,
    ) -> None:
        self.task, self.recipe, self.settings, self.data = task, recipe, settings, data
        exact = settings.precision == "float32_exact"
        tf.config.experimental.enable_tensor_float_32_execution(not exact)
        self.strategies = tuple(adjustable(s) for s in ordered(strategies))
        self.classes = task.facts.classes
        self.steps_an_epoch = recipe.train_examples // recipe.batch_size
        self.draw = data.draw(0)
        """Examples of the current trial."""
        self._train_rows = tf.Variable(self.draw.train, dtype=tf.int64, trainable=False)
        self.model = self._build(seed=0)
        self.network = self.model.network
        self.optimizer = make_optimizer(recipe)
        self.optimizer.build(self.network.trainable_variables)
        self._optimizer_start = [v.numpy() for v in self.optimizer.variables]
        state = changed_in_training(self.network, self._observe_plain)
        self.averages = [v.value for v in state if v.name.startswith(AVERAGES)]
        """Moving statistics of normalization layers."""
        places = kernel_places(self.network, self.model.kernels.names)
        self.weights = weights_of(self.network, state, self.classes, list(places.values()))
        self.states = [s.state(self.weights) for s in self.strategies]
        names = [strategy.facts.name for strategy in self.strategies]
        kernels = Kernels(list(places), dict(zip(names, self.states, strict=True)))
        self.model = self.model._replace(kernels=kernels)
        self._changed_by_losses = [
            variable
            for strategy, state in zip(self.strategies, self.states, strict=True)
            if strategy.touches("loss")
            for variable in state
        ]
        self._scale = LossScale(settings.precision)
        self.stops_at_once = not tf.config.list_physical_devices("GPU")
        """See `run_steps`."""
        # TensorFlow keeps int32 variables in the host's memory, where XLA on a GPU cannot read them.
        self.seed = tf.Variable(0, dtype=tf.int64, trainable=False)
        compiled = partial(tf.function, autograph=False)
        self.compiled_step = compiled(self._step, jit_compile=settings.xla or None)
        self.train_steps = self._traced = compiled(self._train_steps)
        self._observe = compiled(self._observe_batch)
        self._evaluator = Evaluator(self.model)

    # Building and resetting ----------------------------------------------------------------------

    def _build(self, seed: int) -> Model:
        parts = Parts(self.strategies, seed, self.settings.precision)
        # Where the data is: a slice on another device would copy all of it there.
        with tf.device(self.data.pool.values.device):
            sample = Arrays(*(None if a is None else a[:2] for a in self.data.pool))
        # Kernel stages act later: their variables are made from the weights.
        flow = Pass((), sample.mask(tf.range(2)))
        # Keras asks Python for a seed even where it is given one.
        with isolated_python_random(seed), precision(self.settings.precision):
            network = self.task.network(self.recipe, parts)
            build(network, raw(sample.values), flow, self.task.facts)
        # By name: Keras calls a network twice to build it.
        kernels = Kernels(list(dict.fromkeys(flow.kernels_seen)))
        return Model(network, self.strategies, len(set(flow.hidden_seen)), kernels)

    def reset(self, seed: int, streams: int = 0) -> None:
        """Set the state of a fresh process for this seed; trace nothing again.

        Args:
            seed: seed of the examples and the initial weights, and of everything else if `streams`
                is 0.
            streams: another number gives other batches, augmentation and noise (the A/A arm).
        """
        self.draw = self.data.draw(seed)
        self._train_rows.assign(self.draw.train)
        # Eagerly on a GPU, cuDNN would tune each layer's kernels for a network that never trains.
        with tf.device("CPU:0"):
            fresh = self._build(seed).network
            fresh.adapt(self.examples)
        assign(self.network.variables, fresh.variables)
        assign(self.optimizer.variables, self._optimizer_start)
        for strategy, state in zip(self.strategies, self.states, strict=True):
            assign(state, strategy.state(self.weights))
        self._scale.reset()
        self.seed.assign(integer(seed, "streams", streams) if streams else seed)

    def variables(self) -> list[tf.Variable]:
        """List all variables that training changes, in a fixed order: the content of a checkpoint."""
        of_keras = [v.value for v in (*self.network.variables, *self.optimizer.variables)]
        return [*of_keras, *(v for state in self.states for v in state), *self._scale.variables]

    def initial_hashes(self) -> dict[str, str]:
        """Hash every weight, by slot name; call it right after `reset`."""
        return {
            name: sha256(np.ascontiguousarray(variable.numpy()).tobytes()).hexdigest()[:16]
            for name, variable in self.network.named_weights().items()
        }

    # Training ------------------------------------------------------------------------------------

    def _train_steps(self, first: Tensor, count: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Run `count` steps from step `first` on, as `run_steps` does."""

        # Read once: in the loop, a copy to the host would wait for all steps before.
        with tf.device("CPU:0"):
            seed = tf.cast(self.seed, tf.int32)
            strategies = [as_read(strategy) for strategy in self.strategies]

        def train(rows: Tensor, step: Tensor) -> Tensor:
            return self.compiled_step(
                rows, step, drawn(strategies, seed, step, self.recipe.batch_size)
            )

        epochs = Epochs(self.order, self.recipe.batch_size, self.steps_an_epoch)
        return run_steps(train, epochs, first, count, self.stops_at_once)

    def graph(self) -> Any:
        """Return the graph of the training; trace it if necessary."""
        number = tf.TensorSpec([], tf.int32)
        return self._traced.get_concrete_function(number, number).graph

    def order(self, step: Tensor) -> Tensor:
        """Return the row numbers int32 [train examples] in the order of the step's epoch."""
        rows = tf.range(self.recipe.train_examples)
        key = stream(self.seed, "batch order", step // self.steps_an_epoch)
        return tf.random.experimental.stateless_shuffle(rows, seed=key)

    def drawn(self, step: Tensor) -> dict[str, Any]:
        """Draw the random numbers of each strategy for a step outside its compiled part, by name."""
        return drawn(self.strategies, self.seed, step, self.recipe.batch_size)

    def examples(self, count: int) -> Tensor:
        """Return the raw values of the first training examples, at most `count`."""
        with tf.device(self.data.pool.values.device):
            return raw(self.data.pool.take(self._train_rows[:count]))

    def batch(self, rows: Tensor) -> Batch:
        """Return the raw batch of some of the trial's training examples, int32 [B]."""
        data, rows = self.data.pool, tf.gather(self._train_rows, rows)
        targets = tf.one_hot(tf.gather(data.labels, rows), self.classes)
        return Batch(raw(data.take(rows)), data.mask(rows), targets)

    def _step(self, rows: Tensor, step: Tensor, drawn: dict[str, Any]) -> Tensor:
        """Run one training step on the rows and return its objective."""
        moments = self.moments(rows, step, drawn)
        batch = after_examples(self.strategies, self.batch(rows), moments)
        chain = update_chain(self.strategies, self.states, self.weights, moments, self._apply)
        update = self._scale.guarded(chain, [*self.weights.state, *self._changed_by_losses])
        loss, gradients = gradient_chain(self.model, self.weights, self._scale, batch, moments)()
        self.optimizer.learning_rate.assign(moments.learning_rate)
        update(gradients)
        return loss

    def moments(self, rows: Tensor, step: Tensor, drawn: dict[str, Any]) -> Moments:
        """Return the moments of the stages for a step on some rows."""
        rate = scheduled(self.recipe, self.strategies, step)
        progress = tf.cast(step, tf.float32) / float(self.recipe.steps)
        epoch = step // self.steps_an_epoch
        states = self.model.kernels.states
        return Moments(self.seed, step, progress, rate, drawn, rows, epoch, states)

    def _apply(self, gradients: Sequence[Tensor]) -> None:
        weights = self.network.trainable_variables
        self.optimizer.apply_gradients(zip(gradients, weights, strict=True))

    # Evaluation ----------------------------------------------------------------------------------

    def logits(self, data: Arrays, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the logits float32 [N, K] of rows [N], or of all, at the current weights."""
        every = np.arange(data.values.shape[0])
        return self._evaluator.logits(data, every if rows is None else rows)

    def recalibrate(self, batches: int) -> None:
        """Estimate the moving statistics of the current weights on the first training batches.

        The batches are the same ones for all arms, and like the test split: neither augmented nor
        mixed, and without noise in the network. Statistics of mixed images do not fit clean ones:
        with mixup that costs a network with batch normalization about a point of accuracy.
        """
        if self.averages:
            averages = {id(average) for average in self.averages}
            others = [v.value for v in self.network.variables if id(v.value) not in averages]
            with unchanged(others):
                recalibrate(self.averages, lambda n: self._observe(self._first_rows(n)), batches)

    def _first_rows(self, number: int) -> Tensor:
        """Return the row numbers int32 [B] of a batch in the stored order."""
        size = self.recipe.batch_size
        return (number * size + tf.range(size)) % self.recipe.train_examples

    def _observe_batch(self, rows: Tensor) -> None:
        """Run the network in training mode, without noise, for its effect on moving statistics."""
        batch = self.batch(rows)
        flow = Pass(self.strategies, batch.mask, training=True, kernels=self.model.kernels)
        self.network(self.network.embed(batch.values), flow=flow)

    def _observe_plain(self) -> None:
        """Run the network in training mode on the first batch, without any strategy."""
        batch = self.batch(self._first_rows(0))
        flow = Pass((), batch.mask, training=True)
        self.network(self.network.embed(batch.values), flow=flow)


def adjustable(strategy: Strategy) -> Strategy:
    """Return the strategy with the parameters of its identity setting as float32 variables.

    Its identity setting then runs through the operations of its default one.
    """
    identity = strategy.facts.identity
    if isinstance(identity, str):
        return strategy
    values = {
        name: tf.Variable(float(getattr(strategy, name)), trainable=False) for name in identity
    }
    return dataclasses.replace(strategy, **values)


def as_read(strategy: Strategy) -> Strategy:
    """Return the strategy with the present values of its variables in their place."""
    values = {field.name: getattr(strategy, field.name) for field in dataclasses.fields(strategy)}
    read = {n: tf.identity(v) for n, v in values.items() if isinstance(v, tf.Variable)}
    return dataclasses.replace(strategy, **read) if read else strategy
