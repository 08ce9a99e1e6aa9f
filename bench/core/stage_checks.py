"""Checks of the results of stages. They run while a step is traced, and cost no time in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.core.errors import UsageError
from bench.core.lazy import tf
from bench.core.strategy import Batch, Gradients, LossResult, Strategy, Tensor, Tensors


def kept(strategy: Strategy, stage: str, before: Tensor, after: Any, part: str = "") -> Tensor:
    """Return a stage's result after a check: it must have the shape and dtype of the stage's argument.

    Args:
        strategy, stage: owner of the result.
        before, after: the stage's argument and its result.
        part: name of the result within a batch.

    Raises:
        UsageError: it has another shape or dtype, or is no tensor.
    """
    name = f"{strategy.facts.name}.{stage}"
    result = f"{part} " if part else ""
    if not tf.is_tensor(after):
        raise UsageError(f"{name} returns {result}{type(after).__name__}; it must return a tensor")
    if not before.shape.is_compatible_with(after.shape) or before.dtype != after.dtype:
        raise UsageError(
            f"{name} returns {result}{after.dtype.name} {after.shape} for {before.dtype.name} "
            f"{before.shape}; a stage must keep shape and dtype"
        )
    if before.shape.is_fully_defined() and not after.shape.is_fully_defined():
        return tf.ensure_shape(after, before.shape)
    return after


def kept_batch(strategy: Strategy, stage: str, before: Batch, after: Any) -> Batch:
    """Return a stage's batch after a check: values, mask and targets must keep shape and dtype.

    Raises:
        UsageError: a part has another shape or dtype, or the mask is gone.
    """
    if not isinstance(after, Batch):
        raise UsageError(
            f"{strategy.facts.name}.{stage} returns {type(after).__name__}; it must return a Batch"
        )
    if before.mask is None and after.mask is not None:
        raise UsageError(f"{strategy.facts.name}.{stage} returns a mask for a batch without one")
    return Batch(*(
        None if old is None else kept(strategy, stage, old, new, part)
        for part, old, new in zip(Batch._fields, before, after, strict=True)
    ))  # fmt: skip


def one_loss_each(strategy: Strategy, batch: Batch, result: Any) -> LossResult:
    """Return the result of a `loss` stage after a check: one float32 loss for each example.

    Raises:
        UsageError: it has another number of losses, or is no LossResult.
    """
    if not isinstance(result, LossResult):
        raise UsageError(
            f"{strategy.facts.name}.loss returns {type(result).__name__}; it must return a LossResult"
        )
    return result._replace(
        losses=kept(
            strategy, "loss", tf.reduce_sum(batch.targets, axis=-1), result.losses, "losses"
        )
    )


def one_gradient_each(strategy: Strategy, weights: Tensors, result: Any) -> Gradients:
    """Return the result of a `gradients` stage after a check: one gradient for each weight.

    Raises:
        UsageError: a gradient is missing or has another shape, or the result is no Gradients.
    """
    name = f"{strategy.facts.name}.gradients"
    if not isinstance(result, Gradients):
        raise UsageError(f"{name} returns {type(result).__name__}; it must return Gradients")
    values = list(result.values)
    if len(values) != len(weights) or any(value is None for value in values):
        present = sum(value is not None for value in values)
        raise UsageError(f"{name} returns {present} gradients for {len(weights)} weights")
    return Gradients(result.loss, [
        kept(strategy, "gradients", weight, value, "a gradient of")
        for weight, value in zip(weights, values, strict=True)
    ])  # fmt: skip


def gradients_of(names: Sequence[str], gradients: Sequence[Any]) -> list[Tensor]:
    """Return gradients as tensors; an embedding's comes as slices of rows.

    Args:
        names: names of the weights.
        gradients: one for each weight; None if the objective does not depend on it.

    Raises:
        UsageError: a gradient is None.
    """
    missing = [name for name, gradient in zip(names, gradients, strict=True) if gradient is None]
    if missing:
        raise UsageError(
            f"the objective does not depend on {len(missing)} of {len(names)} weights "
            f"({missing[0]}, ...): a stage or the network cuts the gradient, or never uses them"
        )
    return [tf.convert_to_tensor(gradient) for gradient in gradients]
