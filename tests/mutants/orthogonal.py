"""The SRIP regularizer."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    tests = "tests/strategies/test_orthogonal.py"
    return Mutant(f"srip-{name}", "strategies/orthogonal.py", old, new, tests, only)


MUTANTS = [
    mutant("without-the-identity", "vector), True) - vector", "vector), True)"),
    mutant("with-one-iteration", "first / length(first)", "start / length(start)"),
    mutant("that-forgets-to-normalize", "iterate(first / length(first))", "iterate(first)"),
    mutant("squared", "return length(iterate(first / length(first)))",
           "return length(iterate(first / length(first))) ** 2"),
    mutant("of-the-larger-matrix", "rows >= columns", "rows < columns", "orthonormal"),
    mutant("of-columns-alone", "flat if rows >= columns else tf.transpose(flat)", "flat",
           "orthonormal"),
    mutant("with-channels-of-units-in-rows", "tf.transpose(kernel, [*axes, *units])", "kernel",
           "column_for_each"),
    mutant("with-a-fixed-first-vector", "iterate(first / length(first))",
           "iterate(tf.stop_gradient(first / length(first)))", "gradient_is"),
    mutant("with-nan-at-the-goal", "tf.maximum(tf.reduce_sum(tf.square(vector)), 1e-24)",
           "tf.reduce_sum(tf.square(vector))", "orthonormal"),
    mutant("of-all-weights-alike", "pairs = kernels(weights)",
           "pairs = [(w, (0,)) for w in weights.trainable if len(w.shape) == 2]", "nothing_else"),
    mutant("from-one-start-for-all-steps", "keys(moment.key,", "keys(tf.constant([1, 2]),", "elsewhere"),
    mutant("from-one-start-for-all-kernels", "keys(moment.key, len(pairs))",
           "[moment.key] * len(pairs)", "elsewhere"),
    mutant("at-its-whole-strength-to-the-end", "weakened(self.strength, moment.progress)",
           "self.strength", "falls"),
    mutant("that-falls-by-its-factors-together", "tf.where(progress >= begin, value, factor)",
           "factor * tf.where(progress >= begin, value, 1.0)", "falls"),
    mutant("that-the-objective-does-not-show", "loss + penalty", "loss", "sum"),
]  # fmt: skip
