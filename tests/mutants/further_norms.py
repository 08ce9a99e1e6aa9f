"""Group, RMS and ghost batch normalization, weight standardization."""

from __future__ import annotations

from tests.mutants import Mutant

LAYERS = "strategies/_layers.py"
STANDARD = "strategies/weight_standardization.py"


def tests(name: str) -> str:
    return f"tests/strategies/test_{name}.py"


MUTANTS = [
    Mutant(
        "group-norm-of-text-over-positions", LAYERS,
        "means, variances = full, tf.zeros_like(full)",
        "means, variances = tf.nn.moments(full, [1], keepdims=True)", tests("group_norm"),
    ),
    Mutant(
        "group-norm-forgets-the-spread-of-channel-means", LAYERS,
        "spread = variances + tf.square(means - mean)", "spread = variances", tests("group_norm"),
    ),
    Mutant(
        "group-norm-in-float16", LAYERS,
        "full = tf.cast(values, tf.float32)\n        if len(values.shape) == 3:",
        "full = tf.cast(values, self.compute_dtype)\n        if len(values.shape) == 3:",
        tests("group_norm"), "overflow",
    ),
    Mutant(
        "rms-norm-centers", LAYERS,
        "square = tf.reduce_mean(tf.square(values)",
        "values -= tf.reduce_mean(values, axes, keepdims=True)\n"
        "    square = tf.reduce_mean(tf.square(values)", tests("rms_norm"),
    ),
    Mutant(
        "rms-norm-of-each-pixel", LAYERS,
        "axes = list(range(1, len(values.shape)))", "axes = [-1]", tests("rms_norm"),
    ),
    Mutant(
        "rms-norm-in-float16", LAYERS,
        "full = tf.cast(values, tf.float32)\n        return",
        "full = tf.cast(values, self.compute_dtype)\n        return",
        tests("rms_norm"), "overflow",
    ),
    Mutant(
        "rms-norm-with-keras-scale-a-pixel", "strategies/rms_norm.py",
        "return MapRMSNormalization(epsilon=self.epsilon)",
        "return keras.layers.RMSNormalization(axis=[1, 2, 3], epsilon=self.epsilon)",
        tests("rms_norm"),
    ),
    Mutant(
        "ghosts-share-the-statistics-of-the-batch", LAYERS,
        "sizes = ghost_sizes(values.shape[0], self.size)", "sizes = [values.shape[0]]",
        tests("ghost_batch_norm"),
    ),
    Mutant(
        "ghosts-count-padding", LAYERS,
        "masks = None if mask is None else", "masks = None if True else",
        tests("ghost_batch_norm"), "padding",
    ),
    Mutant(
        "only-the-last-ghost-moves-the-averages", LAYERS,
        "moved(self.moving_mean.value, mean, self.momentum)",
        "moved(self.moving_mean.value, mean[-1:], self.momentum)", tests("ghost_batch_norm"),
    ),
    Mutant(
        "ghosts-move-the-averages-in-reverse", LAYERS,
        "momentum ** (count - 1 - i)", "momentum**i", tests("ghost_batch_norm"),
    ),
    Mutant(
        "a-smaller-last-ghost-is-lost", LAYERS,
        "(len(sizes) - equal, sizes[-1])", "(len(sizes) - equal, sizes[0])",
        tests("ghost_batch_norm"), "smaller",
    ),
    Mutant(
        "ghosts-of-the-remainder", LAYERS,
        "part = -(-batch // max(1, batch // size))", "part = min(size, batch)",
        tests("ghost_batch_norm"), "fewer",
    ),
    Mutant(
        "standardized-kernels-have-the-gain-of-he", STANDARD,
        "RELU_GAIN = 2.0 / (1.0 - 1.0 / math.pi)", "RELU_GAIN = 2.0",
        tests("weight_standardization"), "scale_through",
    ),
    Mutant(
        "kernels-standardized-for-each-input", STANDARD,
        "axes = list(range(len(kernel.shape) - 1))", "axes = [0, 1]",
        tests("weight_standardization"),
    ),
    Mutant(
        "kernels-only-centered", STANDARD,
        "standard = (full - mean) * tf.math.rsqrt(variance + epsilon)", "standard = full - mean",
        tests("weight_standardization"),
    ),
    Mutant(
        "raw-kernels-get-no-gradient", STANDARD,
        "full = tf.cast(kernel, tf.float32)",
        "full = tf.stop_gradient(tf.cast(kernel, tf.float32))", tests("weight_standardization"),
    ),
    Mutant(
        "statistics-of-kernels-get-no-gradient", STANDARD,
        "    standard = (", "    variance = tf.stop_gradient(variance)\n    standard = (",
        tests("weight_standardization"), "gradients_reach",
    ),
    Mutant(
        "evaluation-with-raw-kernels", "bench/networks/forward_pass.py",
        'if strategy.touches("kernel"):', 'if strategy.touches("kernel") and self.training:',
        tests("weight_standardization"), "in_an_arm",
    ),
]  # fmt: skip
