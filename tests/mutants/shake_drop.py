"""ShakeDrop."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    tests = "tests/strategies/test_shake_drop.py"
    return Mutant(f"shake-drop-{name}", "strategies/shake_drop.py", old, new, tests, only)


MUTANTS = [
    mutant("backward-as-forward",
           "backward * full + tf.stop_gradient((forward - backward) * full)", "forward * full"),
    mutant("forward-as-backward",
           "backward * full + tf.stop_gradient((forward - backward) * full)", "backward * full"),
    mutant("without-its-gradient", "tf.stop_gradient((forward - backward) * full)",
           "(forward - backward) * full"),
    mutant("with-the-range-of-shake-shake", "2.0 * alpha - 1.0", "alpha"),
    mutant("that-turns-gradients-around", "tf.where(whole, 1.0, beta)",
           "tf.where(whole, 1.0, 2.0 * beta - 1.0)"),
    mutant("with-one-factor-for-both", "tf.where(whole, 1.0, beta)",
           "tf.where(whole, 1.0, alpha)", "uniform"),
    mutant("always", "whole = kept >= rate", "whole = kept >= 1.0"),
    mutant("of-the-rest", "whole = kept >= rate", "whole = kept < rate", "depth"),
    mutant("with-one-key", "(uniform(k, [examples]) for k in keys(key, 3))",
           "(uniform(key, [examples]) for k in keys(key, 3))"),
    mutant("without-inverse-scaling", "return forward / (1.0 - rate), ", "return forward, ", "mean"),
    mutant("with-gradients-that-are-not-scaled", "backward / (1.0 - rate)", "backward", "mean"),
    mutant("for-the-whole-batch", "factors(tf.shape(branch)[0], rate, key)",
           "factors(tf.constant(1), rate, key)", "own"),
    mutant("of-the-shortcut-too",
           "return shortcut + shaken(branch, ", "return shaken(shortcut + branch, ", "shortcut"),
    mutant("alike-at-all-depths", "self.rate * slot.depth", "self.rate", "depth"),
    mutant("in-half-precision", "full = tf.cast(branch, tf.float32)\n    result = backward * full",
           "full, forward, backward = branch, tf.cast(forward, branch.dtype), tf.cast(backward,"
           " branch.dtype)\n    result = backward * full", "half"),
]  # fmt: skip
