"""Fairness of comparisons: the harness in which all techniques run."""

from __future__ import annotations

from tests.mutants import Mutant

ARM = "bench/training/compiled_arm.py"
BASELINE = "tests/strategies/test_baseline.py"
WIDE = "tests/strategies/test_registry_wide.py"

MUTANTS = [
    Mutant(
        "baseline-smooths-its-labels", ARM,
        "tf.one_hot(tf.gather(data.labels, rows), self.classes)",
        "tf.one_hot(tf.gather(data.labels, rows), self.classes, 0.9, 0.1 / self.classes)",
        BASELINE, "cifar10",
    ),
    Mutant(
        "baseline-decays-its-weights", "bench/training/optimizer.py",
        "return make_adam(rate)", "return keras.optimizers.AdamW(rate)", BASELINE, "cifar10",
    ),
    Mutant(
        "the-optimizer-is-not-reset", ARM,
        "assign(self.optimizer.variables, self._optimizer_start)", "pass",
        WIDE, "reset_starts and cifar10-mixup",
    ),
    Mutant(
        "a-strategy-shifts-the-batch-order", ARM,
        '"batch order", step // self.steps_an_epoch)',
        '"batch order", step // self.steps_an_epoch + len(self.strategies))',
        WIDE, "batches_come and cifar10-mixup",
    ),
    Mutant(
        "the-same-draws-in-every-step", "bench/training/moments.py",
        'stream(seed, f"draw/{s.facts.name}", step)',
        'stream(seed, f"draw/{s.facts.name}")', WIDE, "draws and cifar10-mixup",
    ),
    Mutant(
        "the-same-draws-at-every-seed", "bench/training/moments.py",
        'stream(seed, f"draw/{s.facts.name}", step)',
        'stream(0, f"draw/{s.facts.name}", step)', WIDE, "draws and cifar10-mixup",
    ),
    Mutant(
        "building-consumes-python-random", "bench/core/randomness.py",
        "random.setstate(before)", "pass", WIDE, "global and cifar10-mixup",
    ),
]  # fmt: skip
