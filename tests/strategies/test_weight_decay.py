from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from bench import Weights
from bench.plugins.registry import find
from strategies.batch_norm import BatchNorm
from strategies.weight_decay import WeightDecay
from tests.strategies.moments import moment
from tests.tiny import tiny_arm


def test_it_is_adamw_where_the_mask_says_so() -> None:
    """Against Keras's AdamW for some steps: kernels decay, the bias does not."""
    random = np.random.default_rng(0)
    starts = [random.normal(size=s).astype(np.float32) for s in ((4, 3), (3,))]
    ours, reference = ([keras.Variable(s) for s in starts] for _ in range(2))
    adam = keras.optimizers.Adam(0.1)
    adamw = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    adamw.exclude_from_weight_decay([reference[1]])
    for optimizer, variables in ((adam, ours), (adamw, reference)):
        optimizer.build(variables)
    weights = Weights([v.value for v in ours], [True, False], [False, False], [])
    for _ in range(5):
        gradients = [tf.constant(random.normal(size=s.shape), tf.float32) for s in starts]
        WeightDecay(0.5).update(
            weights, gradients, [], moment(rate=0.1),
            lambda g: adam.apply_gradients(zip(g, ours, strict=True)),
        )  # fmt: skip
        adamw.apply_gradients(zip(gradients, reference, strict=True))
    for our, their in zip(ours, reference, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-6)


@pytest.mark.parametrize("task", ["cifar10", "imdb", "imdb_transformer"])
def test_only_kernels_and_embeddings_decay(task: str) -> None:
    """Without gradients, what decays shrinks by the learning rate times lambda; the rest stays."""
    arm = tiny_arm(find().tasks[task], [BatchNorm(), WeightDecay(2.0)])
    arm.reset(0)
    for variable in arm.network.trainable_variables:
        variable.assign(tf.ones(variable.shape))
    halfway = moment(step=50, rate=0.1)  # the share depends on the rate alone, not on the progress
    WeightDecay(2.0).update(arm.weights, [], [], halfway, lambda gradients: None)
    for variable in arm.network.trainable_variables:
        name = variable.path.rsplit("/")[-1]
        decays = name in ("kernel", "recurrent_kernel", "embeddings")
        assert decays or name in ("bias", "gamma", "beta"), name
        np.testing.assert_allclose(variable, 0.8 if decays else 1.0, rtol=1e-6)
