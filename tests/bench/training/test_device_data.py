"""Rows of the arrays on the device."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from bench.data.dataset import Split
from bench.training.device_data import Arrays

ROWS = tf.constant([5, 0, 5], tf.int64)


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), np.uint8)


def traced(arrays: Arrays) -> set[str]:
    graph = tf.function(arrays.take, autograph=False).get_concrete_function(ROWS).graph
    return {operation.type for operation in graph.get_operations()}


def test_a_gpu_gathers_bytes_in_a_compiled_kernel(
    pixels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow registers no gather of bytes for a GPU; all pixels would travel to the host."""
    arrays = Arrays.of(Split(pixels, np.arange(6), None))
    assert "GatherV2" in traced(arrays)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["GPU"])
    assert "GatherV2" not in traced(arrays)
    np.testing.assert_array_equal(arrays.take(ROWS), pixels[[5, 0, 5]])


def test_tokens_have_a_kernel_of_their_own() -> None:
    arrays = Arrays.of(Split(np.ones((6, 3), np.int32), np.arange(6), np.full(6, 3)))
    assert "GatherV2" in traced(arrays)
    assert arrays.values.dtype == tf.int64


RESET = """
import tensorflow as tf

two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from bench.plugins.registry import find
from bench.training import compiled_arm
from bench.training.device_data import Arrays
from tests.tiny import tiny_arm

with tf.device("CPU:1"):
    arm = tiny_arm(find().task("cifar10"))
made = []

def recorded(*arrays):
    made.append(arrays)
    return Arrays(*arrays)

compiled_arm.Arrays = recorded
arm.reset(1)
devices = [a.device for arrays in made for a in arrays if a is not None]
with tf.device("CPU:0"):
    devices.append(arm.examples(3).device)
assert len(devices) == 3 and all(d.endswith("CPU:1") for d in devices), devices
"""
"""CPU:1 in place of a GPU. A reset builds its network on CPU:0."""


def test_a_reset_copies_no_data_to_the_host() -> None:
    done = subprocess.run([sys.executable, "-c", RESET], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
