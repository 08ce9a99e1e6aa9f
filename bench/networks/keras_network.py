"""Any Keras model as the network of a task."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from bench.core.randomness import isolated_python_random, stream
from bench.core.strategy import Tensor
from bench.networks.forward_pass import Pass
from bench.networks.network import Network


class KerasNetwork(Network):
    """A Keras model that takes features and ends in logits, as a network without slots.

    Its dropout layers follow the random streams of the trial.

    Args:
        make: returns the model. It is called once, with Python's random state seeded, so that layers
            without a seed start alike in every arm of a trial's seed.
        seed: the trial's seed.
    """

    def __init__(self, make: Callable[[], keras.Model], seed: int) -> None:
        super().__init__()
        with isolated_python_random(seed):
            self.model = make()

    def call(self, features: Tensor, flow: Pass) -> Tensor:  # type: ignore[override]
        if flow.key is not None:
            for index, variable in enumerate(self.model.non_trainable_variables):
                if "seed_generator_state" in variable.path:
                    key = stream(flow.key[0], f"keras/{index}", flow.key[1])
                    variable.assign(tf.cast(key, variable.dtype))
        if flow.mask is None:
            return self.model(features, training=flow.training)
        return self.model(features, mask=flow.mask, training=flow.training)
