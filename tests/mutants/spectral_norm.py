"""Spectral normalization."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    tests = "tests/strategies/test_spectral_norm.py"
    return Mutant(f"spectral-norm-{name}", "strategies/spectral_norm.py", old, new, tests, only)


MUTANTS = [
    mutant("without-the-gradient-of-sigma", "estimate = singular_value(matrix(kernel), right)",
           "estimate = tf.stop_gradient(singular_value(matrix(kernel), right))", "gradients"),
    mutant("through-its-left-vector", "tf.stop_gradient(left_vector(weights, right))",
           "tf.linalg.matvec(weights, right)", "iteration_is or gradients"),
    mutant("through-its-right-vector", "right = tf.stop_gradient(right)", "right = tf.identity(right)",
           "gradients"),
    mutant("of-the-largest-row", "tf.reduce_sum(left * tf.linalg.matvec(weights, right))",
           "tf.reduce_max(tf.norm(weights, axis=1))", "iteration_is"),
    mutant("that-raises-small-kernels", "tf.maximum(1.0, estimate / limit)", "estimate / limit",
           "below_the_limit"),
    mutant("that-ignores-its-limit", "tf.maximum(1.0, estimate / limit)", "tf.maximum(1.0, estimate)",
           "many_iterations"),
    mutant("with-two-iterations", "vector.assign(iterated(flat, vector))",
           "vector.assign(iterated(flat, iterated(flat, vector)))", "step_makes"),
    mutant("with-the-first-vector-for-ever", "vector.assign(iterated(flat, vector))",
           "vector.assign(vector)", "step_makes and None"),
    mutant("that-iterates-before-the-update",
           "rest(gradients)\n        for place, vector in zip(weights.kernels, state, strict=True):\n"
           "            flat = matrix(tf.convert_to_tensor(weights.trainable[place]))\n"
           "            vector.assign(iterated(flat, vector))",
           "for place, vector in zip(weights.kernels, state, strict=True):\n"
           "            flat = matrix(tf.convert_to_tensor(weights.trainable[place]))\n"
           "            vector.assign(iterated(flat, vector))\n        rest(gradients)",
           "step_makes and None"),
    mutant("in-training-only", "return normalized(kernel, state[slot.number], self.limit)",
           "return kernel if moment is None else normalized(kernel, state[slot.number], self.limit)",
           "evaluation_divides"),
    mutant("with-rows-of-channels", "tf.reshape(kernel, [-1, kernel.shape[-1]])",
           "tf.transpose(tf.reshape(kernel, [kernel.shape[-1], -1]))", "own_vector and cifar10"),
]  # fmt: skip
