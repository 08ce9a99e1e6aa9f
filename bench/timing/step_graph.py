"""The operations of a compiled step: its matrix products and its fused kernels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import keras
import tensorflow as tf

from bench.training.compiled_arm import CompiledArm

FUSED = ("CudnnRNN", "FusedBatchNorm")
"""Prefixes of operations whose loss makes a step much slower."""


def step_graph(arm: CompiledArm) -> Any:
    """Return the traced graph of a training step; an arm that has run is not traced again."""
    step = arm.compiled_step.get_concrete_function(
        tf.TensorSpec([arm.recipe.batch_size], tf.int32),
        tf.TensorSpec([], tf.int32),
        arm.drawn(tf.constant(0)),
    )
    return step.graph


def inner_operations(graph: Any) -> Counter[str]:
    """Count the types of operations inside loops, branches and functions that the graph calls."""
    functions = graph.as_graph_def().library.function
    return Counter(node.op for function in functions for node in function.node_def)


def executed(graph: Any) -> list[Any]:
    """List the operations that results and effects need; leave out unused gradients."""
    needed: dict[str, Any] = {}
    waiting = [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    while waiting:
        operation = waiting.pop()
        if operation.name not in needed:
            needed[operation.name] = operation
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return list(needed.values())


def matrix_flops(graph: Any) -> float | None:
    """Count floating-point operations of matrix products and convolutions, two a multiply-add.

    None if the count would be a guess: a shape is not known, a product is inside a loop (as in a
    recurrent network), or the work of an operation is not known here.
    """
    unknown = {"BatchMatMul", "Einsum", "Conv3D", "DepthwiseConv2dNative", "CudnnRNN"}
    inner = inner_operations(graph)
    operations = executed(graph)
    if any(_starts(name, [*_COUNTS, *unknown]) for name in inner):
        return None
    if any(_starts(operation.type, unknown) for operation in operations):
        return None
    try:
        return float(sum(_COUNTS[o.type](o) for o in operations if o.type in _COUNTS))
    except (TypeError, ValueError):  # a dimension that is not known
        return None


def _product(operation: Any) -> int:
    rows = operation.inputs[0].shape
    inner = rows[0] if operation.get_attr("transpose_a") else rows[1]
    return 2 * inner * prod(operation.outputs[0].shape)


def _convolution(output: Any, kernel: Any) -> int:
    height, width, channels, _ = kernel.shape
    return 2 * height * width * channels * prod(output.shape)


_COUNTS: dict[str, Callable[[Any], int]] = {
    "MatMul": _product,
    "Conv2D": lambda o: _convolution(o.outputs[0], o.inputs[1]),
    "Conv2DBackpropInput": lambda o: _convolution(o.inputs[2], o.inputs[1]),
    "Conv2DBackpropFilter": lambda o: _convolution(o.inputs[2], o.outputs[0]),
}


def kernel_notes(arm: CompiledArm, reference: CompiledArm) -> list[str]:
    """Name the fused kernels that the reference's step has and the arm's lacks."""
    ours, theirs = fused_kernels(step_graph(arm)), fused_kernels(step_graph(reference))
    notes = [f"kernel path changed: the step no longer uses {name}" for name in theirs - ours]
    layers = arm.network._flatten_layers()
    normalizes = any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers)
    if normalizes and "FusedBatchNorm" not in ours:
        notes.append("Keras's BatchNormalization is not the fused kernel")
    return sorted(notes)


def fused_kernels(graph: Any) -> set[str]:
    """Return the members of `FUSED` that a graph uses, in its loops and functions too."""
    types = {operation.type for operation in graph.get_operations()} | set(inner_operations(graph))
    return {prefix for prefix in FUSED if any(name.startswith(prefix) for name in types)}


def _starts(name: str, prefixes: Iterable[str]) -> bool:
    return any(name.startswith(prefix) for prefix in prefixes)
