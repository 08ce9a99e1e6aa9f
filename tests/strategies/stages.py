"""Every stage of a strategy on small made-up inputs, eagerly and without a network.

Properties of the stages of all strategies are tested with it in milliseconds; a traced arm takes
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from bench import Batch, Evaluation, Gradients, LossResult, Moment, Parts, Slot, Strategy, Weights

SIZE, SIDE, CHANNELS, LENGTH, WORDS, CLASSES = 8, 8, 4, 6, 9, 3
STEPS = 30_000
PLACES = (0, 17_999, 28_999)
"""Steps at which a stage of the training is run."""
RANDOM = np.random.default_rng(0)
LENGTHS = (6, 1, 4, 5, 2, 6, 3, 6)


class Inputs(NamedTuple):
    """Made-up examples."""

    pixels: tf.Tensor
    ids: tf.Tensor
    mask: tf.Tensor
    values: Mapping[str, tf.Tensor]
    """Kind of a slot -> activations."""

    def batch(self, kind: str) -> Batch:
        """Return activations of a kind as a batch."""
        return Batch(self.values[kind], self.mask if kind == "sequence" else None, TARGETS)

    def alike(self) -> Inputs:
        """Return a batch of the same size in which every example is the first one."""

        def repeated(values: tf.Tensor) -> tf.Tensor:
            return tf.repeat(values[:1], SIZE, 0)

        values = {kind: repeated(value) for kind, value in self.values.items()}
        return Inputs(*map(repeated, self[:3]), values)

    def typed(self, dtype: tf.DType) -> Inputs:
        """Return the examples with activations of another type."""
        values = {kind: tf.cast(value, dtype) for kind, value in self.values.items()}
        return self._replace(values=values)


MASK = tf.sequence_mask(LENGTHS, LENGTH)
IDS = tf.where(MASK, tf.constant(RANDOM.integers(2, WORDS, (SIZE, LENGTH)), tf.int32), 0)
PIXELS = tf.constant(RANDOM.random((SIZE, SIDE, SIDE, 3)), tf.float32)
VALUES = {
    "map": tf.constant(RANDOM.normal(size=(SIZE, SIDE, SIDE, CHANNELS)), tf.float32),
    "sequence": tf.constant(RANDOM.normal(size=(SIZE, LENGTH, CHANNELS)), tf.float32),
    "vector": tf.constant(RANDOM.normal(size=(SIZE, CHANNELS)), tf.float32),
}
INPUTS = Inputs(PIXELS, IDS, MASK, VALUES)
KERNEL = tf.constant(RANDOM.normal(size=(3, 3, CHANNELS, 6)), tf.float32)
TARGETS = tf.one_hot(np.arange(SIZE) % CLASSES, CLASSES)
CURVE = [
    Evaluation(step=i + 1, examples=8, train_loss=1.0, validation_accuracy=a, validation_nll=n)
    for i, (a, n) in enumerate(
        [(0.1, 2.0), (0.5, 1.0), (0.4, 0.9), (0.3, 1.1), (0.2, 1.2), (0.6, 1.3), (0.5, 1.2)]
    )
]
DRAWING = ("examples", "embedded", "features", "noise", "merge", "hidden")
"""Stages of which each example of a batch sees its own random numbers."""


def moment(purpose: int, step: int = 0, seed: int = 0, drawn: Any = None) -> Moment:
    """Return a moment whose key belongs to a purpose."""
    return Moment(
        tf.constant([seed, 1_000 + purpose]), tf.constant(step), tf.constant(step / STEPS),
        tf.constant(0.1), drawn, tf.range(SIZE), tf.constant(step // 100), tf.constant([seed, 7]),
    )  # fmt: skip


def kinds(strategy: Strategy) -> list[str]:
    """List the kinds of slots that the strategy can meet."""
    image = ["map"] if "image" in strategy.facts.modalities else []
    return [*image, *(["sequence"] if "text" in strategy.facts.modalities else []), "vector"]


def stages(strategy: Strategy) -> list[str]:
    """List the stages and the draw that the strategy overrides."""
    names = (
        "draw", "normalization", "kernel", "noise", "merge", "hidden", "schedule", "examples",
        "embedded", "features", "loss", "gradients", "update", "stopping",
    )  # fmt: skip
    return [name for name in names if strategy.touches(name)]


def outcome(
    strategy: Strategy, stage: str, seed: int = 0, inputs: Inputs = INPUTS
) -> list[tf.Tensor]:
    """Return the results of a stage for the inputs, in each of its calls."""
    values = inputs.values
    calls = {
        "draw": lambda: _draw(strategy, seed),
        "normalization": lambda: _normalization(strategy, inputs),
        "kernel": lambda: kernels(strategy, [moment(0, seed=seed), None], values["map"].dtype),
        "noise": lambda: [
            strategy.noise(Slot(kind, kind, 0.5), values[kind], moment(i, seed=seed))
            for i, kind in enumerate(kinds(strategy))
        ],
        "merge": lambda: [
            strategy.merge(Slot("m", kind, depth), values[kind], values[kind], moment(i, seed=seed))
            for i, (kind, depth) in enumerate(product(kinds(strategy), (0.5, 1.0)))
        ],
        "hidden": lambda: _hidden(strategy, seed, inputs),
        "schedule": lambda: [
            strategy.schedule(tf.constant(s), STEPS, lambda t: 1.0 - tf.cast(t, tf.float32) / STEPS)
            for s in PLACES
        ],
        "examples": lambda: _examples(strategy, seed, inputs),
        "embedded": lambda: [
            strategy.embedded(inputs.ids, values["sequence"], moment(0, seed=seed))
        ],
        "features": lambda: _features(strategy, seed, inputs),
        "loss": lambda: _loss(strategy, seed),
        "gradients": lambda: _gradients(strategy),
        "update": lambda: _update(strategy),
        "stopping": lambda: [
            tf.constant(decision)
            for i in range(len(CURVE))
            for decision in strategy.stopping(CURVE[: i + 1])
        ],
    }
    return calls[stage]()


def kernels(
    strategy: Strategy, moments: Sequence[Moment | None], dtype: tf.DType = tf.float32
) -> list[tf.Tensor]:
    """Return the kernels that a convolution and a dense layer use in place of `KERNEL`."""
    shapes = {"convolution": KERNEL.shape, "dense": [9 * CHANNELS, 6]}
    stored = [tf.Variable(tf.reshape(KERNEL, shape)) for shape in shapes.values()]
    state = strategy.state(weights()._replace(trainable=stored, kernels=(0, 1)))
    return [
        strategy.kernel(Slot(kind, kind, number=number), tf.cast(kernel, dtype), state, now)
        for now in moments
        for number, (kind, kernel) in enumerate(zip(shapes, stored, strict=True))
    ]


def fingerprint(strategy: Strategy) -> bytes:
    """Return all results of all stages as bytes."""
    results = [result for stage in stages(strategy) for result in outcome(strategy, stage)]
    return b"".join(np.asarray(result).tobytes() for result in results)


def drawn(strategy: Strategy, seed: int = 0) -> Any:
    """Return what the strategy draws outside the compiled step; None if it draws nothing."""
    return strategy.draw(tf.constant([seed, 5]), SIZE)


def _draw(strategy: Strategy, seed: int) -> list[tf.Tensor]:
    return tf.nest.flatten(drawn(strategy, seed))


def _normalization(strategy: Strategy, inputs: Inputs) -> list[tf.Tensor]:
    half = inputs.values["map"].dtype != tf.float32
    parts = Parts([strategy], 0, "mixed_bfloat16" if half else "float32")
    results = []
    for kind in kinds(strategy):
        layer = None if kind == "vector" else parts.normalization(Slot("norm", kind))
        if layer is not None:
            mask = {"mask": inputs.mask} if kind == "sequence" and _takes_mask(layer) else {}
            for training in (True, True, False):
                results.append(layer(inputs.values[kind], training=training, **mask))
    return results


def _takes_mask(layer: Any) -> bool:
    return "mask" in layer.call.__code__.co_varnames


def _hidden(strategy: Strategy, seed: int, inputs: Inputs) -> list[tf.Tensor]:
    now = moment(0, seed=seed, drawn=drawn(strategy, seed))
    results = []
    for kind in [kind for kind in kinds(strategy) if kind != "vector"]:
        for number in range(3):
            slot = Slot("h", kind, number=number, total=3)
            batch = strategy.hidden(slot, inputs.batch(kind), now)
            results += [batch.values, batch.targets]
    return results


def _examples(strategy: Strategy, seed: int, inputs: Inputs) -> list[tf.Tensor]:
    images, texts = Batch(inputs.pixels, None, TARGETS), Batch(inputs.ids, inputs.mask, TARGETS)
    batches = [images] if "image" in strategy.facts.modalities else []
    batches += [texts] if "text" in strategy.facts.modalities else []
    return [
        strategy.examples(batch, moment(i, step, seed)).values
        for i, batch in enumerate(batches)
        for step in (0, 100)
    ]


def _features(strategy: Strategy, seed: int, inputs: Inputs) -> list[tf.Tensor]:
    now = moment(0, seed=seed, drawn=drawn(strategy, seed))
    results = []
    for kind in [kind for kind in kinds(strategy) if kind != "vector"]:
        batch = strategy.features(inputs.batch(kind), now)
        results += [batch.values, batch.targets]
    return results


def rest_of_loss(passes: list[Batch]) -> Any:
    """Return a loss of a linear model whose noise differs from pass to pass; it notes its batches."""
    weights = tf.constant(np.random.default_rng(1).normal(size=(CHANNELS, CLASSES)), tf.float32)

    def rest(batch: Batch) -> LossResult:
        passes.append(batch)
        means = tf.reduce_mean(batch.values, axis=list(range(1, len(batch.values.shape) - 1)))
        logits = means @ (weights * (1.0 + 0.1 * len(passes)))
        losses = tf.nn.softmax_cross_entropy_with_logits(batch.targets, logits)
        return LossResult(losses, logits, batch.targets)

    return rest


def _loss(strategy: Strategy, seed: int) -> list[tf.Tensor]:
    results, numbers = [], drawn(strategy, seed)
    for i, kind in enumerate(kinds(strategy)[:-1]):
        with tf.GradientTape() as tape:
            values = tf.identity(VALUES[kind])
            tape.watch(values)
            batch = INPUTS.batch(kind)._replace(values=values)
            now = moment(i, seed=seed, drawn=numbers)
            now = now._replace(state=strategy.state(weights()))
            result = strategy.loss(batch, now, rest_of_loss([]))
            total = tf.reduce_mean(result.losses)
        results += [result.losses, tape.gradient(total, values)]
    return results


def weights() -> Weights:
    """Return a kernel, an embedding and a bias."""
    random = np.random.default_rng(2)
    shapes = ((4, 3), (5, 2), (3,))
    variables = [tf.Variable(random.normal(size=s), dtype=tf.float32) for s in shapes]
    roles: Any = [True, True, False], [False, True, False], [], [(0,), (), ()]
    return Weights(variables, *roles, classes=CLASSES)


def descent(variables: Sequence[Any]) -> Any:
    """Return an update by plain gradient descent."""

    def rest(gradients: Sequence[Any]) -> None:
        for variable, gradient in zip(variables, gradients, strict=True):
            variable.assign_sub(0.1 * gradient)

    return rest


def _gradients(strategy: Strategy) -> list[tf.Tensor]:
    own = weights()

    def rest() -> Gradients:
        loss = tf.add_n([tf.reduce_sum(tf.square(w) ** 2) for w in own.trainable])
        return Gradients(loss, [4.0 * tf.square(w) * w for w in own.trainable])

    loss, values = strategy.gradients(own, moment(0), rest)
    return [loss, *values]


def _update(strategy: Strategy) -> list[tf.Tensor]:
    own = weights()
    state = strategy.state(own)
    results: list[tf.Tensor] = []
    for i, step in enumerate(PLACES):
        gradients = [tf.sin(w) for w in own.trainable]
        strategy.update(own, gradients, state, moment(i, step), descent(own.trainable))
        evaluated = strategy.evaluated(own, state)
        results += [tf.identity(w) for w in own.trainable]
        results += [] if evaluated is None else evaluated
    return results
