"""Any Keras model as the network of a task."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from bench.core.errors import UsageError
from bench.core.randomness import isolated_python_random, stream
from bench.core.strategy import Tensor
from bench.networks.forward_pass import Pass
from bench.networks.logits import summary
from bench.networks.network import Examples, Network

MEAN_EXAMPLES = 5_000
"""Number of training images from which the mean color is computed."""


class KerasNetwork(Network):
    """A Keras model that takes one raw batch and ends in logits, as a network without slots.

    Its features are the pixels minus the mean color of the training images, so that 0 is the mean color
    for strategies that blank a part. The model gets the pixels. Its dropout layers follow the random
    streams of the trial.

    Args:
        make: returns the model. It is called once, with Python's random state seeded, so that layers
            without a seed start alike in every arm of a trial's seed.
        seed: the trial's seed.

    Raises:
        UsageError: `make` raises an error, or returns no model with one input.
    """

    def __init__(self, make: Callable[[], keras.Model], seed: int) -> None:
        super().__init__(dtype="float32")  # The model's own layers cast to their precision.
        with isolated_python_random(seed):
            self.model = made(make)
        self.mean_color: Any = None

    def embed(self, values: Tensor) -> Tensor:
        if not values.dtype.is_floating:
            return values
        if self.mean_color is None:
            self.mean_color = self.add_weight(
                name="mean_color", shape=values.shape[-1:], initializer="zeros", trainable=False,
                autocast=False,
            )  # fmt: skip
        return values - self.mean_color

    def adapt(self, examples: Examples) -> None:
        if self.mean_color is not None:
            values = examples(MEAN_EXAMPLES)
            axes = list(range(len(values.shape) - 1))
            self.mean_color.assign(tf.reduce_mean(values, axes))

    def named_weights(self) -> dict[str, Any]:
        """Return position in the model -> variable. Keras numbers its own names across models."""
        weights = [v for v in self.variables if "seed_generator" not in v.path]
        return {f"{number}/{weight.name}": weight for number, weight in enumerate(weights)}

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        if flow.key is not None:
            for index, variable in enumerate(self.model.non_trainable_variables):
                if "seed_generator_state" in variable.path:
                    key = stream(flow.key[0], f"keras/{index}", flow.key[1])
                    variable.assign(tf.cast(key, variable.dtype))
        raw = features if self.mean_color is None else features + self.mean_color
        if flow.mask is None:
            return self.model(raw, training=flow.training)
        with warnings.catch_warnings():
            # Keras says that nothing after the model sees the mask; there is nothing.
            warnings.filterwarnings("ignore", message=".*does not support masking")
            return self.model(raw, mask=flow.mask, training=flow.training)


def made(make: Callable[[], keras.Model]) -> keras.Model:
    """Call the builder of a model and check the result.

    Raises:
        UsageError: the builder raises an error, or returns no model with one input.
    """
    try:
        model = make()
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"the builder of the model raised {summary(error)}") from error
    if not isinstance(model, keras.Model):
        raise UsageError(
            f"the builder of the model returns {type(model).__name__}; it must return a keras.Model"
        )
    inputs = getattr(model, "inputs", None)
    if inputs is not None and len(inputs) != 1:
        raise UsageError(f"the model has {len(inputs)} inputs; it must have one, the batch")
    return model
