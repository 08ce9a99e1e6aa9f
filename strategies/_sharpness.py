"""Gradients at weights that move for one pass: the common part of SAM and ASAM."""

from collections.abc import Callable

from bench import Differentiate, Gradients, Tensor, Weights, tf


def gradients_at_moved_weights(
    weights: Weights, rest: Differentiate, moves: Callable[[list[Tensor]], list[Tensor]]
) -> Gradients:
    """Compute the loss at the weights and the gradients at moved ones; restore weights and statistics.

    Moving statistics change once, in the pass at the weights themselves.

    Args:
        weights: the network's variables.
        rest: computes loss and gradients at the present weights.
        moves: from the gradients at the weights, what is added to each weight.
    """
    start = [tf.identity(w) for w in weights.trainable]
    loss, here = rest()
    state = [tf.identity(s) for s in weights.state]
    for weight, value, move in zip(weights.trainable, start, moves(here), strict=True):
        weight.assign(value + move)
    moved = rest().values
    for variable, value in zip([*weights.trainable, *weights.state], [*start, *state], strict=True):
        variable.assign(value)
    return Gradients(loss, moved)


def scale_to(radius: float | Tensor, values: list[Tensor]) -> Tensor:
    """Return the factor that scales values to the common norm `radius`; 0 if all values are 0."""
    norm = tf.linalg.global_norm(values)
    return tf.math.divide_no_nan(tf.cast(radius, tf.float32), norm)
