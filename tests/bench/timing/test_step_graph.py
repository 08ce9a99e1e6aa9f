"""The figures read from the graph of a step."""

from __future__ import annotations

import tensorflow as tf

from bench.plugins.registry import find
from bench.timing.step_graph import fused_kernels, kernel_notes, matrix_flops, step_graph
from tests.bench.small_arm import BATCH, arm, baseline, made


def test_matrix_flops_are_what_the_layers_say() -> None:
    stepper = baseline()
    graph = step_graph(stepper.arm)
    assert stepper.arm.compiled_step.experimental_get_tracing_count() == 1
    pixels = BATCH * 32 * 32
    stem = 2 * pixels * 9 * 3 * 4
    block = 2 * (2 * pixels * 9 * 4 * 4)
    head = 2 * BATCH * 4 * 10
    # Forward, kernel's gradient, input's gradient: no one asks for the stem's input's.
    assert matrix_flops(graph) == 2 * stem + 3 * (block + head)


def test_a_product_in_a_loop_is_not_guessed() -> None:
    @tf.function(autograph=False)
    def recurrent(x: tf.Tensor, times: tf.Tensor) -> tf.Tensor:
        return tf.while_loop(lambda i, _: i < times, lambda i, x: (i + 1, x @ x), (0, x))[1]

    spec = tf.TensorSpec([3, 3]), tf.TensorSpec([], tf.int32)
    assert matrix_flops(recurrent.get_concrete_function(*spec).graph) is None


def test_a_dimension_that_is_not_known_is_not_guessed() -> None:
    product = tf.function(lambda x: x @ x, autograph=False)
    assert matrix_flops(product.get_concrete_function(tf.TensorSpec([2, 2])).graph) == 16
    assert matrix_flops(product.get_concrete_function(tf.TensorSpec([None, 2])).graph) is None


def test_fused_kernels_are_found_within_functions_too() -> None:
    @tf.function(autograph=False)
    def fused(x: tf.Tensor) -> tf.Tensor:
        inner = tf.function(
            lambda y: tf.raw_ops.FusedBatchNormV3(
                x=y, scale=[1.0], offset=[0.0], mean=[0.0], variance=[1.0]
            )[0],
            autograph=False,
        )
        return inner(x)

    graph = fused.get_concrete_function(tf.TensorSpec([1, 2, 2, 1])).graph
    assert fused_kernels(graph) == {"FusedBatchNorm"}
    assert fused_kernels(step_graph(baseline().arm)) == set()


def test_an_unfused_batch_normalization_is_noted() -> None:
    """cuDNN's kernel takes no smaller epsilon."""
    unfused = made(find().strategy("batch_norm")(epsilon=1e-6))
    assert kernel_notes(unfused, baseline().arm) == [
        "Keras's BatchNormalization is not the fused kernel"
    ]
    assert kernel_notes(arm("batch_norm"), baseline().arm) == []
    assert kernel_notes(baseline().arm, baseline().arm) == []
