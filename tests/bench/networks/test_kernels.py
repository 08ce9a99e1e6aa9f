"""Fast operations give TensorFlow's results and gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bench.networks import kernels


def with_gradients(function: Callable[..., Any], upstream: tf.Tensor, *inputs: tf.Tensor) -> Any:
    """Return the result of a compiled function, and the gradients to its inputs."""

    @tf.function
    def step(*inputs: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            result = function(*inputs)
        return result, *tape.gradient(result, inputs, upstream)

    return [part.numpy() for part in step(*inputs)]


def normal(*shape: int, seed: int = 0) -> tf.Tensor:
    return tf.random.stateless_normal(shape, [seed, len(shape)])


@pytest.fixture
def always_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "LARGE", 1)
    monkeypatch.setattr(kernels, "CONVOLVED", 1)


@pytest.mark.parametrize("shape", [(2, 9, 8, 3), (1, 3, 3, 5)])
@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.usefixtures("always_fused")
def test_a_convolution_has_the_gradients_of_tensorflow(shape: tuple[int, ...], size: int) -> None:
    values, kernel = normal(*shape), normal(size, size, shape[-1], 4, seed=1)
    upstream = normal(*shape[:3], 4, seed=2)
    ours = with_gradients(kernels.convolution, upstream, values, kernel)
    theirs = with_gradients(lambda v, k: tf.nn.conv2d(v, k, 1, "SAME"), upstream, values, kernel)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("always_fused")
def test_a_convolution_has_a_second_gradient() -> None:
    values, kernel = normal(1, 5, 5, 2), normal(3, 3, 2, 2, seed=1)

    def slope(convolve: Callable[..., Any], values: tf.Tensor, kernel: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = tf.reduce_sum(convolve(values, kernel) ** 3)
        return tape.gradient(total, values)

    upstream = normal(1, 5, 5, 2, seed=2)
    ours = with_gradients(partial(slope, kernels.convolution), upstream, values, kernel)
    plain = partial(slope, lambda v, k: tf.nn.conv2d(v, k, 1, "SAME"))
    for one, other in zip(ours, with_gradients(plain, upstream, values, kernel), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", [(2, 6, 8, 3), (2, 7, 5, 1)])
@pytest.mark.usefixtures("always_fused")
def test_the_first_of_equal_values_in_a_window_gets_the_gradient(shape: tuple[int, ...]) -> None:
    """Half of the values are equal zeros, as after a ReLU or where a picture is white."""
    values = tf.nn.relu(normal(*shape))
    upstream = normal(shape[0], shape[1] // 2, shape[2] // 2, shape[3], seed=1)
    ours = with_gradients(kernels.max_pool, upstream, values)
    theirs = with_gradients(lambda v: tf.nn.max_pool2d(v, 2, 2, "VALID"), upstream, values)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.03)])
@pytest.mark.usefixtures("always_fused")
def test_gelu_is_that_of_tensorflow(dtype: str, tolerance: float) -> None:
    values = tf.cast(tf.linspace(-6.0, 6.0, 1201), dtype)
    upstream = tf.cast(normal(1201), dtype)
    ours = with_gradients(kernels.gelu, upstream, values)
    theirs = with_gradients(lambda v: tf.nn.gelu(v, approximate=True), upstream, values)
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(
            one.astype(np.float32), other.astype(np.float32), rtol=tolerance, atol=tolerance
        )


def test_small_tensors_and_those_of_unknown_size_are_not_compiled() -> None:
    """A compilation costs more than it saves there."""

    @tf.function(input_signature=[tf.TensorSpec([None, 64, 64, 64])])
    def unknown(values: tf.Tensor) -> tf.Tensor:
        return kernels.gelu(kernels.max_pool(values))

    @tf.function(input_signature=[tf.TensorSpec([4, 8, 8, 3])])
    def small(values: tf.Tensor) -> tf.Tensor:
        return kernels.gelu(kernels.max_pool(values))

    @tf.function(input_signature=[tf.TensorSpec([64, 64, 64, 64])])
    def large(values: tf.Tensor) -> tf.Tensor:
        return kernels.gelu(values)

    calls = [
        len([o for o in f.get_concrete_function().graph.get_operations() if "Call" in o.type])
        for f in (unknown, small, large)
    ]
    assert calls == [0, 0, 1]
