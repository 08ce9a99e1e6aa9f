"""The fast network: its whitening, its start, and its slots."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench.networks.fast import Dirac, FastNetwork, Whitening
from bench.networks.forward_pass import Pass
from bench.networks.parts import Parts

RANDOM = np.random.default_rng(1)


def network(**changes: object) -> FastNetwork:
    return FastNetwork(Parts((), 0), (8, 16, 16), 10, **changes)


def images(count: int) -> np.ndarray:
    smooth = np.cumsum(RANDOM.normal(size=(count, 32, 32, 3)), axis=2)
    return (smooth / np.abs(smooth).max()).astype("float32")


def test_whitened_patches_are_uncorrelated_with_variance_one() -> None:
    layer = Whitening(Parts((), 0))
    values = images(200)
    layer.build(values.shape)
    layer.fit(values)
    out = layer(tf.constant(values)).numpy()[..., :12].reshape(-1, 12)
    covariance = np.cov(out, rowvar=False)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.02
    assert np.diag(covariance)[-1] == pytest.approx(1.0, abs=0.02)
    assert layer(tf.constant(values)).numpy()[..., 12:] == pytest.approx(
        -layer(values).numpy()[..., :12], abs=1e-5
    )


def test_a_dirac_kernel_passes_the_shared_channels_through() -> None:
    kernel = Dirac(seed=3)((3, 3, 4, 6))
    values = tf.constant(RANDOM.normal(size=(2, 5, 5, 4)), tf.float32)
    out = tf.nn.conv2d(values, kernel, 1, "SAME")
    assert out[..., :4].numpy() == pytest.approx(values.numpy())
    assert np.abs(out[..., 4:]).max() > 0
    assert np.array_equal(kernel, Dirac(seed=3)((3, 3, 4, 6)))
    assert not np.array_equal(kernel, Dirac(seed=4)((3, 3, 4, 6)))


@pytest.mark.parametrize("activation", ["relu", "gelu", "silu"])
def test_logits_depend_on_the_image_and_only_the_whitening_is_frozen(activation: str) -> None:
    made = network(activation=activation)
    values = tf.constant(RANDOM.uniform(size=(4, 32, 32, 3)), tf.float32)
    logits = made(made.embed(values), flow=Pass((), None))
    assert logits.shape == (4, 10)
    made.adapt(lambda count: values[:count])
    fitted = made(made.embed(values), flow=Pass((), None))
    assert np.ptp(fitted.numpy(), axis=0).min() > 0
    assert [v.path.split("/")[-2:] for v in made.non_trainable_variables] == [
        ["whitening", "kernel"]
    ]
