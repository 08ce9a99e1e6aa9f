"""Building a network: its first call, and the precision of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from bench.core.errors import UsageError
from bench.core.strategy import TaskFacts, Tensor
from bench.networks.forward_pass import Pass
from bench.networks.logits import refuse_other_than_logits, summary
from bench.networks.network import Network
from bench.networks.parts import policy


@contextmanager
def precision(name: str) -> Iterator[None]:
    """Set the precision of layers that name none, such as those of a user's Keras model."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy(name))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build(network: Network, values: Tensor, flow: Pass, task: TaskFacts) -> None:
    """Call a network for the first time, on a few raw values.

    Raises:
        UsageError: it fails, or does not return logits.
    """
    try:
        output = network(network.embed(values), flow=flow)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"the network of {task.name} fails on a batch {tuple(values.shape)}: {summary(error)}"
        ) from error
    refuse_other_than_logits(output, values.shape[0], task.classes)
