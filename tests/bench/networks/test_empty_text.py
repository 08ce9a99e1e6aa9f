"""An empty text is a text: masked means over nothing are zero, and no network diverges on it."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from bench.core.strategy import applicability, configured
from bench.data.dataset import PADDING, Split
from bench.data.load import Subset
from bench.networks.pooling import masked_max, masked_mean
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.device_data import DeviceData
from bench.training.trainer import Trainer
from tests.strategies.settings import ACTING
from tests.tiny import split, tiny_recipe

REGISTRY = find()
TEXTS = [name for name, task in REGISTRY.tasks.items() if task.facts.modality == "text"]
QUICK = ("fgm", "mixup", "cutmix", "batch_norm", "instance_norm", "layer_norm")
"""Strategies that compute something from the tokens of each text."""


@pytest.mark.parametrize("pool", [masked_max, masked_mean])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float16])
def test_nothing_is_pooled_to_zero_and_gives_no_gradient(pool, dtype) -> None:  # type: ignore[no-untyped-def]
    values = tf.cast(tf.reshape(tf.range(1, 13), [2, 3, 2]), dtype)
    mask = tf.constant([[False] * 3, [True, True, False]])
    with tf.GradientTape() as tape:
        tape.watch(values)
        pooled = pool(values, mask)
    expected = [9.0, 10.0] if pool is masked_max else [8.0, 9.0]
    np.testing.assert_array_equal(pooled, [[0.0, 0.0], expected])
    gradient = tape.gradient(pooled, values).numpy()
    assert np.all(gradient[0] == 0.0)
    assert np.all(gradient[1, :2].sum(axis=0) == 1.0)
    assert np.all(gradient[1, 2] == 0.0)


def emptied(part: Split) -> Split:
    """Empty every fourth text."""
    assert part.lengths is not None
    values, lengths = part.values.copy(), part.lengths.copy()
    values[::4], lengths[::4] = PADDING, 0
    return Split(values, part.labels, lengths)


def cases() -> list:  # type: ignore[type-arg]
    made = [pytest.param(task, "", id=task) for task in TEXTS]
    for task in TEXTS:
        for name in REGISTRY.strategies:
            if applicability(REGISTRY.strategy(name)(), REGISTRY.task(task).facts) is None:
                quick = name in QUICK and task == TEXTS[0]
                marks = [] if quick else [pytest.mark.slow]
                made.append(pytest.param(task, name, marks=marks, id=f"{task}-{name}"))
    return made


@pytest.mark.parametrize(("task_name", "name"), cases())
def test_no_arm_diverges_on_empty_texts(task_name: str, name: str) -> None:
    task = REGISTRY.task(task_name)
    parts = [emptied(split(task, count, seed)) for seed, count in enumerate((24, 8, 8))]
    data = DeviceData.of(Subset(*parts, digest="empty"), resample=False)
    kinds = [configured(REGISTRY.strategy(name), ACTING.get(name, {}))] if name else []
    result = Trainer(CompiledArm(task, kinds, tiny_recipe(task), Settings(), data)).run(0)
    assert result.status == "ok"
    assert all(np.isfinite(point.train_loss) for point in result.curve)  # type: ignore[arg-type]
