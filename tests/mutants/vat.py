"""VAT."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    return Mutant(
        f"vat-{name}", "strategies/vat.py", old, new, "tests/strategies/test_vat.py", only
    )


MUTANTS = [
    mutant("normalizes-over-the-batch", "axes = list(range(1, len(values.shape)))",
           "axes = list(range(len(values.shape)))", "directions"),
    mutant("normalizes-each-place", "axes = list(range(1, len(values.shape)))", "axes = [-1]",
           "directions"),
    mutant("loses-small-gradients", "values = tf.math.divide_no_nan(values, largest)",
           "values = values * 1.0", "directions"),
    mutant("moves-padding", "tf.cast(values, tf.float32) * there\n    # Squares",
           "tf.cast(values, tf.float32)\n    # Squares", "directions"),
    mutant("measures-padding-too", "counts = there * tf.ones_like(values)",
           "counts = tf.ones_like(values)", "unit_of_length"),
    mutant("with-the-other-divergence", "tf.exp(log_p) * (log_p - log_q)",
           "tf.exp(log_q) * (log_q - log_p)", "kullback"),
    mutant("divergence-overflows", "tf.nn.log_softmax(tf.cast(z, tf.float32))",
           "tf.math.log(tf.nn.softmax(tf.cast(z, tf.float32)))", "kullback"),
    mutant("stays-on-its-random-direction", "worst = directions(tape.gradient(apart, start), there)",
           "worst = directions(start, there)", "across"),
    mutant("follows-the-labels", "tf.reduce_sum(divergence(known, near.logits))",
           "tf.reduce_sum(near.losses)", "without_labels"),
    mutant("in-units-of-1", "self.epsilon * unit * worst", "self.epsilon * worst", "across"),
    mutant("first-step-in-units-of-1", "self.xi * unit * directions", "self.xi * directions", "across"),
    mutant("teaches-the-clean-prediction", "tf.stop_gradient(clean.logits)", "clean.logits",
           "adds_alpha"),
    mutant("differentiates-its-direction", "tf.stop_gradient(self.epsilon * unit * worst)",
           "self.epsilon * unit * worst", "adds_alpha"),
    mutant("replaces-the-loss", "clean.losses + self.alpha", "self.alpha", "adds_alpha"),
    mutant("draws-new-masks", "        same_noise=True,\n", "", "same_masks"),
]  # fmt: skip
