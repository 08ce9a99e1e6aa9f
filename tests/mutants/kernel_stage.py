"""The kernel stage."""

from __future__ import annotations

from tests.mutants import Mutant

TESTS = "tests/bench/training/test_kernel_stage.py"
PASS = "bench/networks/forward_pass.py"

MUTANTS = [
    Mutant("kernels-with-one-key", PASS, 'f"kernel/{slot.name}")', '"kernel")', TESTS, "own_variable"),
    Mutant("kernels-in-another-order", "bench/training/compiled_arm.py", "Kernels(list(places), dict(",
           "Kernels(sorted(places), dict(", TESTS, "own_variable and cifar10"),
    Mutant("kernels-with-the-wrong-number", PASS, "number=names.index(slot.name)", "number=0", TESTS,
           "own_variable and cifar10"),
    Mutant("dense-kernels-are-not-used", PASS, "keras.ops.matmul(tf.cast(values, kernel.dtype), kernel)",
           "keras.ops.matmul(tf.cast(values, kernel.dtype), stored)", TESTS, "another_kernel"),
    Mutant("dense-layers-lose-their-bias", PASS, "product = keras.ops.add(product, layer.bias)", "pass",
           TESTS, "another_kernel"),
    Mutant("kernels-have-moments-of-another-pass", "bench/training/loss_chain.py",
           "moment_of=lambda strategy, purpose: self._moments.of(strategy, purpose, number)",
           "moment_of=lambda strategy, purpose: self._moments.of(strategy, purpose, self._passes)",
           TESTS, "same_noise"),
]  # fmt: skip
