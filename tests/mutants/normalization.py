"""Batch, layer and instance normalization, and the slots that they fill."""

from __future__ import annotations

from tests.mutants import Mutant

TESTS = "tests/strategies/test_normalizations.py"
WIDE = "tests/strategies/test_registry_wide.py"
BATCH, LAYER = "strategies/batch_norm.py", "strategies/layer_norm.py"
INSTANCE, LAYERS = "strategies/instance_norm.py", "strategies/_layers.py"

MUTANTS = [
    Mutant(
        "layer-norm-of-each-pixel", LAYER,
        "GroupNormalization(groups=1, epsilon=self.epsilon)",
        "LayerNormalization(epsilon=self.epsilon)", TESTS,
    ),
    Mutant(
        "layer-norm-with-a-scale-a-pixel", LAYER,
        "GroupNormalization(groups=1, epsilon=self.epsilon)",
        "LayerNormalization(axis=[1, 2, 3], epsilon=self.epsilon)", TESTS, "learned",
    ),
    Mutant(
        "layer-norm-of-text-over-positions", LAYER,
        'if slot.kind == "map":', "if True:", TESTS,
    ),
    Mutant(
        "instance-norm-over-all-channels", INSTANCE, "groups=-1", "groups=1", TESTS,
    ),
    Mutant(
        "instance-norm-of-text-counts-padding", INSTANCE,
        'if slot.kind == "map":', "if True:", TESTS,
    ),
    Mutant(
        "instance-norm-overflows-on-padding", LAYERS,
        "return weights * (values - mean)", "return (values - mean)", TESTS,
    ),
    Mutant(
        "instance-norm-in-float16", LAYERS,
        "full = tf.cast(values, tf.float32)\n        scaled",
        "full = tf.cast(values, self.compute_dtype)\n        scaled", TESTS,
    ),
    Mutant(
        "instance-norm-forgets-epsilon", LAYERS,
        '"epsilon": self.epsilon}', '"epsilon": 0.5}', TESTS, "text",
    ),
    Mutant(
        "fused-averages-of-the-unbiased-variance", LAYERS,
        "variance = unbiased * (count - 1.0) / count", "variance = unbiased", TESTS, "fused",
    ),
    Mutant(
        "batch-norm-ignores-momentum", BATCH,
        "BatchNormalization(momentum=self.momentum, epsilon", "BatchNormalization(epsilon", TESTS,
    ),
    Mutant(
        "batch-norm-ignores-epsilon", BATCH,
        "BatchNormalization(momentum=self.momentum, epsilon=self.epsilon)",
        "BatchNormalization(momentum=self.momentum, epsilon=0.01)", TESTS,
    ),
    Mutant(
        "slots-ignore-masks", "bench/networks/forward_pass.py",
        "normalized = layer(values, mask=self.mask, training=self.training)",
        "normalized = layer(values, training=self.training)", TESTS,
    ),
    Mutant(
        "evaluation-in-training-mode", "bench/training/evaluation.py",
        "Pass(model.strategies, mask,", "Pass(model.strategies, mask, training=True,",
        WIDE, "evaluation and cifar10-batch_norm",
    ),
    Mutant(
        "a-normalization-shifts-the-initial-weights", "bench/networks/parts.py",
        'config["seed"] = integer(self.seed, "initial weights", name)',
        'config["seed"] = integer(self.seed, name, len(self._normalizing))',
        WIDE, "shared_weights and cifar10-batch_norm",
    ),
]  # fmt: skip
