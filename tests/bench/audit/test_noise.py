"""Noise on activations: traces, and techniques with a schedule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.audit.calling import traced
from bench.audit.claim import MOMENTS, reference_noise, strongest
from bench.audit.noise import calls_differ, layer_of, sample, strength
from bench.audit.subject import found
from bench.core.lazy import tf
from bench.plugins.registry import find

HERE = str(Path(__file__).parent / "implementations.py")


@pytest.mark.parametrize(
    ("name", "verdict"), [("ClippedDropout", "agrees"), ("NumpyDropout", "differs")]
)
def test_a_mask_that_is_drawn_once_a_trace_differs(name: str, verdict: str) -> None:
    ones = tf.ones([64, 16])
    layer, failure = layer_of(found(f"{HERE}:{name}", {}).fresh(), ones)
    dropped = sample(layer_of(lambda v: tf.nn.dropout(v, 0.5), ones)[0], ones, 8)
    assert failure == ""
    assert calls_differ(sample(layer, ones, 8), dropped, failure).verdict == verdict


def test_a_mask_that_stays_is_seen_under_other_noise() -> None:
    random = np.random.default_rng(0)
    masks = (random.random((8, 64, 16)) < 0.5) * 2.0
    noise = 0.1 * random.normal(size=(8, 64, 16))
    assert calls_differ(masks + noise, masks, "").verdict == "agrees"
    assert calls_differ(masks[:1] + noise, masks, "").verdict == "differs"


def test_a_layer_that_cannot_be_traced_differs() -> None:
    def of_numpy(values: object) -> np.ndarray:
        return values.numpy()  # type: ignore[attr-defined,no-any-return]

    ones = tf.ones([4, 2])
    layer, failure = layer_of(of_numpy, ones)
    measured = sample(layer, ones, 2)
    finding = calls_differ(measured, measured, failure)
    assert finding.verdict == "differs"
    assert finding.found.startswith("cannot be traced: AttributeError: ")
    assert traced(of_numpy, ones)[0] is of_numpy


@pytest.mark.parametrize(
    ("technique", "progress"), [("early_dropout", 0.0), ("dropout", 0.5), ("drop_block", 0.99)]
)
def test_a_schedule_is_looked_at_where_it_is_strongest(technique: str, progress: float) -> None:
    strategy = find().strategy(technique)()
    kind = "map" if technique == "drop_block" else "vector"
    assert strongest(lambda share: strength(strategy, kind, share)) == progress
    assert progress in MOMENTS


def test_early_dropout_drops_at_its_first_step() -> None:
    strategy = find().strategy("early_dropout")()
    dropped = reference_noise(strategy, "vector", tf.ones([256, 64]), 0, 0.0)
    assert 0.08 < float(tf.reduce_mean(tf.cast(dropped == 0.0, tf.float32))) < 0.12
