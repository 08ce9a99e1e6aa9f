"""FreeLB."""

from __future__ import annotations

from tests.mutants import Mutant

FILE, TESTS = "strategies/freelb.py", "tests/strategies/test_freelb.py"


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    return Mutant(f"freelb-{name}", FILE, old, new, TESTS, only)


MUTANTS = [
    mutant("begins-at-padding-too", "epsilon * noise * there", "epsilon * noise", "begins"),
    mutant("begins-by-the-padded-length", "tf.reduce_sum(there, axis=[1, 2], keepdims=True)",
           "float(embeddings.shape[1])", "begins"),
    mutant("begins-far-away", " * tf.math.rsqrt(tf.maximum(entries, 1.0))", "", "begins"),
    mutant("divides-by-an-empty-text", "tf.maximum(entries, 1.0)", "entries", "begins"),
    mutant("normalizes-each-word", "axis=[1, 2], keepdims=True))\n\n\ndef beginning",
           "axis=2, keepdims=True))\n\n\ndef beginning", "length_alpha"),
    mutant("moves-padding", "gradient = gradient * there", "gradient = 1.0 * gradient", "length_alpha"),
    mutant("goes-downhill", "moved + alpha", "moved - alpha", "length_alpha"),
    mutant("leaves-the-ball", "tf.minimum(1.0, tf.math.divide_no_nan(epsilon, norms(further)))",
           "1.0", "within_the_ball"),
    mutant("is-pushed-to-the-sphere",
           "tf.minimum(1.0, tf.math.divide_no_nan(epsilon, norms(further)))",
           "tf.math.divide_no_nan(epsilon, norms(further))", "within_the_ball"),
    mutant("forgets-its-place", "ascended(moved, uphill", "ascended(0.0 * moved, uphill", "mean_over"),
    mutant("keeps-the-last-gradient", "tf.add_n([*losses, outcome.losses]) / float(self.steps)",
           "outcome.losses", "mean_over"),
    mutant("sums-its-losses", " / float(self.steps)", "", "mean_over"),
    mutant("differentiates-its-ascent",
           "tf.stop_gradient(ascended(moved, uphill, there, self.alpha, self.epsilon))",
           "ascended(moved, uphill, there, self.alpha, self.epsilon)", "mean_over"),
    mutant("draws-new-masks", "        same_noise=True,\n", "", "same_masks"),
    Mutant("same-noise-of-the-last-pass", "bench/training/loss_chain.py",
           "self._next_noise = start", "self._next_noise -= 1", TESTS, "around_and_within"),
    Mutant("same-noise-of-the-first-pass-of-the-step", "bench/training/loss_chain.py",
           "start = self._next_noise", "start = 0", TESTS, "around_and_within"),
]  # fmt: skip
