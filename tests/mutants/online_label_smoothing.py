"""Online label smoothing."""

from __future__ import annotations

from tests.mutants import Mutant

FILE = "strategies/online_label_smoothing.py"
TESTS = "tests/strategies/test_online_label_smoothing.py"


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    return Mutant(f"online-smoothing-{name}", FILE, old, new, TESTS, only)


MUTANTS = [
    mutant("of-all-predictions", "targets * predicted", "targets", "alpha_of"),
    mutant(
        "by-the-predicted-class-s-rows", '"bk,bj->kj", targets * predicted',
        '"bk,bj->kj", predicted', "alpha_of",
    ),
    mutant("with-rows-and-columns-exchanged", '"bk,bj->kj"', '"bj,bk->kj"', "alpha_of"),
    mutant("of-the-running-epoch", "(epoch > last_epoch) & (epoch > 0)", "step > 0", "alpha_of"),
    mutant(
        "that-never-forgets", "sums.assign(tf.where(begins, tf.zeros_like(sums), sums))",
        "sums.assign(sums + 0.0)", "alpha_of",
    ),
    mutant(
        "with-the-shares-exchanged", "self.alpha * batch.targets + (1.0 - self.alpha) * smoothed",
        "(1.0 - self.alpha) * batch.targets + self.alpha * smoothed", "alpha_of",
    ),
    mutant(
        "counts-every-pass", "tf.where(step > last_step, right, tf.zeros_like(right))", "right",
        "alpha_of",
    ),
    mutant(
        "counts-smoothed-labels", "(outcome.logits, batch.targets)",
        "(outcome.logits, outcome.targets)", "alpha_of",
    ),
    mutant(
        "divides-by-nothing", "tf.where(counts > 0.0, tf.math.divide_no_nan(sums, counts), uniform)",
        "sums / counts", "without_a_right",
    ),
    mutant(
        "gives-up-a-class", "tf.where(counts > 0.0, tf.math.divide_no_nan(sums, counts), uniform)",
        "tf.math.divide_no_nan(sums, counts)", "without_a_right",
    ),
    mutant("of-the-largest-label", "targets * predicted",
           "predicted * tf.one_hot(tf.argmax(targets, -1), targets.shape[-1])", "mixed_example"),
    Mutant(
        "losses-keep-their-state-in-a-skipped-step", "bench/training/compiled_arm.py",
        "[*self.weights.state, *self._changed_by_losses]", "self.weights.state", TESTS, "overflows",
    ),
]  # fmt: skip
