"""Group, RMS and ghost batch normalization, weight standardization."""

from __future__ import annotations

from tests.mutants import Mutant

GROUPED, RMS, GHOST = "strategies/_grouped.py", "strategies/_rms.py", "strategies/_ghost.py"
STANDARD = "strategies/weight_standardization.py"


def tests(name: str) -> str:
    return f"tests/strategies/test_{name}.py"


MUTANTS = [
    Mutant(
        "group-norm-of-text-over-positions", GROUPED,
        "means, variances = full, tf.zeros_like(full)",
        "means, variances = tf.nn.moments(full, [1], keepdims=True)", tests("group_norm"),
    ),
    Mutant(
        "group-norm-forgets-the-spread-of-channel-means", GROUPED,
        "spread = variances + tf.square(means - mean)", "spread = variances", tests("group_norm"),
    ),
    Mutant(
        "group-norm-in-float16", GROUPED,
        "full = tf.cast(values, tf.float32)", "full = tf.cast(values, self.compute_dtype)",
        tests("group_norm"), "overflow",
    ),
    Mutant(
        "rms-norm-centers", RMS,
        "square = tf.reduce_mean(tf.square(values)",
        "values -= tf.reduce_mean(values, axes, keepdims=True)\n"
        "    square = tf.reduce_mean(tf.square(values)", tests("rms_norm"),
    ),
    Mutant(
        "rms-norm-of-each-pixel", RMS,
        "axes = list(range(1, len(values.shape)))", "axes = [-1]", tests("rms_norm"),
    ),
    Mutant(
        "rms-norm-in-float16", RMS,
        "full = tf.cast(values, tf.float32)", "full = tf.cast(values, self.compute_dtype)",
        tests("rms_norm"), "overflow",
    ),
    Mutant(
        "rms-norm-with-keras-scale-a-pixel", "strategies/rms_norm.py",
        "return MapRMSNormalization(epsilon=self.epsilon)",
        "return keras.layers.RMSNormalization(axis=[1, 2, 3], epsilon=self.epsilon)",
        tests("rms_norm"),
    ),
    Mutant(
        "ghosts-share-the-statistics-of-the-batch", GHOST,
        "ghosts = self._ghosts(values.shape[0])", "ghosts = 1", tests("ghost_batch_norm"),
    ),
    Mutant(
        "ghosts-count-padding", GHOST,
        "inner = None if mask is None else", "inner = None if True else",
        tests("ghost_batch_norm"), "padding",
    ),
    Mutant(
        "only-the-last-ghost-moves-the-averages", GHOST,
        "moved(self.moving_mean.value, mean, self.momentum)",
        "moved(self.moving_mean.value, mean[-1:], self.momentum)", tests("ghost_batch_norm"),
    ),
    Mutant(
        "ghosts-move-the-averages-in-reverse", GHOST,
        "momentum ** (count - 1 - i)", "momentum**i", tests("ghost_batch_norm"),
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
        "evaluation-with-raw-kernels", "bench/networks/network.py",
        'for strategy in self._touching["kernel"]:',
        'for strategy in self._touching["kernel"] if self.training else []:',
        tests("weight_standardization"), "in_an_arm",
    ),
]  # fmt: skip
