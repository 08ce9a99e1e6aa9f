"""Strengths that grow during training."""

from bench import Tensor, tf


def ramped(strength: float | Tensor, ramp: float, progress: Tensor) -> float | Tensor:
    """Return the strength of a step, which grows linearly from 0.

    Args:
        strength: its value after the ramp.
        ramp: share of the training that the ramp takes; 0 gives the full strength from the first step
            on.
        progress: float32 scalar in [0, 1), the share of the training that is done.
    """
    if ramp == 0.0:
        return strength
    return strength * tf.minimum(progress / ramp, 1.0)


def faded(strength: float | Tensor, until: float, progress: Tensor) -> float | Tensor:
    """Return the strength of a step, which falls linearly to 0 and stays there.

    Args:
        strength: its value at the first step.
        until: share of the training at which it reaches 0; 0 gives no strength at all.
        progress: float32 scalar in [0, 1), the share of the training that is done.
    """
    if until == 0.0:
        return strength * 0.0
    return strength * tf.maximum(1.0 - progress / until, 0.0)
