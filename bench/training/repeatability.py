"""A check for random numbers that come from a global source instead of a stage's key.

Such numbers make a trial that cannot be repeated, and arms that do not share their noise.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from bench.core.errors import UsageError
from bench.training.batch_stages import after_examples, features
from bench.training.compiled_arm import CompiledArm
from bench.training.loss_chain import ForwardPasses, loss_chain
from bench.training.variables import unchanged

STATEFUL = frozenset({
    "Multinomial", "ParameterizedTruncatedNormal", "RandomGamma", "RandomPoisson", "RandomPoissonV2",
    "RandomShuffle", "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "RngReadAndSkip",
    "RngSkip", "SampleDistortedBoundingBoxV2", "StatefulRandomBinomial", "StatefulStandardNormalV2",
    "StatefulTruncatedNormal", "StatefulUniform", "StatefulUniformFullInt", "StatefulUniformInt",
    "TruncatedNormal",
})  # fmt: skip
"""Operations that draw from TensorFlow's global random state."""
RELATIVE, ABSOLUTE = 1e-4, 1e-6
"""Tolerances for two computations of a loss, which may round differently on a GPU."""
ADVICE = (
    "draw them from moment.key with tf.random.stateless_... or tf.random.experimental functions"
)


@contextmanager
def watched_tracing(arm: CompiledArm) -> Iterator[None]:
    """Check an arm's training while it is traced within; refuse global random numbers.

    Three things are checked: operations in the graph, Python's and NumPy's global states, and the
    losses of a batch, computed twice from the same state. The last one finds other generators, in all
    stages up to the loss.

    Raises:
        UsageError: there are such random numbers.
    """
    before = global_states()
    yield
    if before != global_states():
        raise refusal(arm, "Python's or NumPy's global random state")
    if drawn := sorted(STATEFUL & set(operations(arm.graph()))):
        raise refusal(arm, f"TensorFlow's global random state ({', '.join(drawn)})")
    once, again = first_losses(arm), first_losses(arm)
    if not np.allclose(once, again, RELATIVE, ABSOLUTE, equal_nan=True):
        raise refusal(arm, "a source of its own")


def refusal(arm: CompiledArm, source: str) -> UsageError:
    """Make the error for an arm that draws random numbers from a source."""
    names = "+".join(s.facts.name for s in arm.strategies) or "the network"
    return UsageError(
        f"{names} draws random numbers from {source}, so the same step gives another loss each time; "
        f"{ADVICE}"
    )


def global_states() -> tuple[Any, ...]:
    """Return Python's and NumPy's global random states."""
    kind, numbers, *rest = np.random.get_state()
    return random.getstate(), kind, np.asarray(numbers).tobytes(), *rest


def operations(graph: Any) -> Iterator[str]:
    """Yield the types of all operations in a graph and in the functions that it calls."""
    definition = graph.as_graph_def()
    for nodes in (definition.node, *(f.node_def for f in definition.library.function)):
        yield from (node.op for node in nodes)


def first_losses(arm: CompiledArm) -> np.ndarray:
    """Return the losses float32 [B] of the first step's batch, computed without a graph."""
    step = tf.constant(0)
    rows = arm.order(step)[: arm.recipe.batch_size]
    moments = arm.moments(rows, step, arm.drawn(step))
    batch = after_examples(arm.strategies, arm.batch(rows), moments)
    kept = [v.value for v in arm.network.variables]
    with unchanged([*kept, *(v for state in arm.states for v in state)]):
        passes = ForwardPasses(arm.model, moments, arm.weights.state, first=True)
        changed = features(arm.strategies, arm.network, batch, moments)
        return loss_chain(arm.strategies, moments, passes)(changed).losses.numpy()
