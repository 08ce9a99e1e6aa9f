"""Computations fused into one kernel."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from bench import fused


def moved(first: list[tf.Tensor], second: list[tf.Tensor], share: tf.Tensor) -> list[tf.Tensor]:
    return [a + share * (b - a) for a, b in zip(first, second, strict=True)]


def test_the_result_is_that_of_the_function_and_one_kernel_computes_it() -> None:
    variables = [tf.Variable([1.0, 2.0]), tf.Variable([[3.0]])]
    ends = [tf.constant([2.0, 0.0]), tf.constant([[5.0]])]

    @tf.function
    def step(share: tf.Tensor) -> None:
        for variable, value in zip(variables, fused(moved, variables, ends, share), strict=True):
            variable.assign(value)

    step(tf.constant(0.25))
    np.testing.assert_array_equal(variables[0], [1.25, 1.5])
    np.testing.assert_array_equal(variables[1], [[3.5]])
    graph = step.get_concrete_function(tf.constant(0.25)).graph
    calls = [op for op in graph.get_operations() if "PartitionedCall" in op.type]
    assert len(calls) == 1
    assert calls[0].get_attr("_XlaMustCompile")
    assert not [op for op in graph.get_operations() if op.type in ("Sub", "Mul", "AddV2")]
