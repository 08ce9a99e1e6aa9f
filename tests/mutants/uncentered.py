"""Dynamic tanh and filter response normalization."""

from __future__ import annotations

from tests.mutants import Mutant

LAYERS = "strategies/_uncentered.py"
TANH, RESPONSE = (
    "tests/strategies/test_dynamic_tanh.py",
    "tests/strategies/test_filter_response_norm.py",
)

MUTANTS = [
    Mutant(
        "tanh-with-a-number-for-each-channel", LAYERS,
        'name="alpha", shape=()', 'name="alpha", shape=shape[-1:]', TANH, "learned",
    ),
    Mutant(
        "tanh-of-what-is-scaled", LAYERS,
        "tf.tanh(self.alpha * tf.cast(values, tf.float32))",
        "tf.tanh(self.alpha * self.gamma * tf.cast(values, tf.float32))", TANH,
    ),
    Mutant(
        "tanh-whose-number-is-not-learned", LAYERS,
        "tf.tanh(self.alpha *", "tf.tanh(tf.stop_gradient(tf.convert_to_tensor(self.alpha)) *",
        TANH, "learned",
    ),
    Mutant("tanh-that-starts-at-one", LAYERS, "Constant(self.start)", "Constant(1.0)", TANH),
    Mutant(
        "tanh-in-half-precision", LAYERS,
        "squashed = tf.tanh(self.alpha * tf.cast(values, tf.float32))",
        "squashed = tf.cast(tf.tanh(tf.cast(self.alpha, values.dtype) * values), tf.float32)",
        TANH, "half",
    ),
    Mutant(
        "response-is-centered", LAYERS,
        "scale = tf.math.rsqrt(",
        "full -= tf.reduce_mean(full, list(range(1, len(full.shape) - 1)), keepdims=True)\n"
        "        scale = tf.math.rsqrt(", RESPONSE, "each_channel",
    ),
    Mutant(
        "response-over-channels-too", LAYERS,
        "axes = list(range(1, len(values.shape) - 1))", "axes = list(range(1, len(values.shape)))",
        RESPONSE, "each_channel",
    ),
    Mutant("response-counts-padding", LAYERS, "if mask is None:", "if True:", RESPONSE, "tokens"),
    Mutant(
        "response-of-an-empty-text", LAYERS,
        "tf.maximum(tf.reduce_sum(there, axes, keepdims=True), 1.0)",
        "tf.reduce_sum(there, axes, keepdims=True)", RESPONSE, "tokens",
    ),
    Mutant(
        "response-epsilon-may-be-negative", LAYERS,
        "tf.abs(self.further)", "tf.convert_to_tensor(self.further)", RESPONSE, "epsilon",
    ),
    Mutant(
        "response-ends-in-a-relu", LAYERS,
        "tf.maximum(result, self.tau)", "tf.nn.relu(result)", RESPONSE, "learned",
    ),
    Mutant(
        "response-squares-in-float16", LAYERS,
        "squares = tf.square(values)",
        "squares = tf.cast(tf.square(tf.cast(values, tf.float16)), values.dtype)",
        RESPONSE, "overflow",
    ),
]  # fmt: skip
