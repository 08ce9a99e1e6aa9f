"""Roles of weights: by the layer that owns them, whatever their rank."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from bench.plugins.registry import find
from bench.training.roles import Role, head, roles
from tests.tiny import tiny_arm

LAYERS = {
    "dense": (keras.layers.Dense(3), (4,)),
    "convolution": (keras.layers.Conv2D(3, 2), (4, 4, 5)),
    "transposed": (keras.layers.Conv2DTranspose(3, 2), (4, 4, 5)),
    "depthwise": (keras.layers.DepthwiseConv2D(2, depth_multiplier=3), (4, 4, 5)),
    "separable": (keras.layers.SeparableConv2D(3, 2), (4, 4, 5)),
    "gru": (keras.layers.GRU(3), (4, 5)),
    "norm": (keras.layers.LayerNormalization(axis=(1, 2)), (4, 5)),
    "embedding": (keras.layers.Embedding(7, 3), (4,)),
}
EXPECTED = {
    "dense": {"kernel": Role("kernel", (0,)), "bias": Role("other")},
    "convolution": {"kernel": Role("kernel", (0, 1, 2)), "bias": Role("other")},
    "transposed": {"kernel": Role("kernel", (0, 1, 3)), "bias": Role("other")},
    "depthwise": {"kernel": Role("kernel", (0, 1)), "bias": Role("other")},
    "separable": {
        "depthwise_kernel": Role("kernel", (0, 1)),
        "pointwise_kernel": Role("kernel", (0, 1, 2)),
        "bias": Role("other"),
    },
    "gru": {
        "kernel": Role("kernel", (0,)),
        "recurrent_kernel": Role("kernel", (0,)),
        "bias": Role("other"),  # [2, 3 units]: a matrix
    },
    "norm": {"gamma": Role("other"), "beta": Role("other")},
    "embedding": {"embeddings": Role("table")},
}


def by_name(model: keras.Model) -> dict[str, Role]:
    role_of = roles(model)
    return {variable.name: role_of[id(variable)] for variable in model.trainable_variables}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_says_which_of_its_weights_are_kernels(name: str) -> None:
    layer, shape = LAYERS[name]
    assert by_name(keras.Sequential([keras.Input(shape), layer])) == EXPECTED[name]


def test_attention_has_kernels_of_three_axes_and_biases_of_two() -> None:
    text = keras.Input((6, 8))
    attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
    model = keras.Model(text, attention(text, text))
    role_of = roles(model)
    for variable in model.trainable_variables:
        inputs = {"kernel": (0, 1) if "output" in variable.path else (0,)}
        expected = Role("kernel", inputs["kernel"]) if variable.name == "kernel" else Role("other")
        assert role_of[id(variable)] == expected, variable.path
    assert len(model.trainable_variables) == 8


def test_units_have_the_norms_that_their_outputs_show() -> None:
    """Against the definition: the inputs' axes are those that a unit's output sums over."""
    for name in ("convolution", "transposed", "depthwise"):
        layer, shape = LAYERS[name]
        model = keras.Sequential([keras.Input(shape), layer])
        kernel = layer.kernel.numpy()
        (inputs,) = (r.inputs for r in roles(model).values() if r.kind == "kernel")
        units = [axis for axis in range(kernel.ndim) if axis not in inputs]
        outputs = model(np.ones((1, *shape), np.float32)).shape[-1]
        assert np.prod([kernel.shape[axis] for axis in units]) == outputs


@pytest.mark.parametrize("task", ["cifar10", "imdb", "imdb_transformer"])
def test_the_head_of_a_network_is_its_last_layer_with_a_kernel(task: str) -> None:
    arm = tiny_arm(find().task(task))
    pairs = zip(arm.network.trainable_variables, arm.weights.heads, strict=True)
    assert {v.path.partition("/")[2] for v, is_head in pairs if is_head} == {
        "head/kernel", "head/bias"
    }  # fmt: skip


def test_the_head_of_a_keras_model_is_its_last_layer_with_a_kernel() -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.Dense(2), layers.Softmax()]
    )
    assert head(model) == {id(v) for v in model.layers[1].trainable_variables}
    assert head(keras.Sequential([keras.Input((4,)), layers.LayerNormalization()])) == set()
