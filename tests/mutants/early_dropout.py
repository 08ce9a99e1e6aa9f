"""Early dropout."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, file: str, old: str, new: str, only: str = "") -> Mutant:
    tests = "tests/strategies/test_early_dropout.py"
    return Mutant(f"early-dropout-{name}", f"strategies/{file}.py", old, new, tests, only)


EARLY, SCHEDULE = "early_dropout", "_schedule"
FALL = "strength * tf.maximum(1.0 - progress / until, 0.0)"

MUTANTS = [
    mutant("to-the-end", EARLY, "rate = faded(self.rate, self.until, moment.progress)",
           "rate = self.rate"),
    mutant("that-grows", SCHEDULE, FALL, "strength * tf.minimum(progress / until, 1.0)"),
    mutant("that-ends-at-once", SCHEDULE, FALL,
           "strength * tf.where(progress < until, 1.0, 0.0)", "linearly"),
    mutant("below-0", SCHEDULE, FALL, "strength * (1.0 - progress / until)", "nothing"),
    mutant("over-the-whole-training", EARLY, "self.until, moment", "1.0, moment", "default"),
    mutant("that-divides-by-0", SCHEDULE, "if until == 0.0:", "if until < 0.0:", "no_share"),
    mutant("of-sequences-alone", EARLY, "rate, rate,", "0.0 * rate, rate,", "linearly"),
    mutant("with-one-key-for-ever", EARLY, "rate, moment.key)", "rate, moment.key * 0)", "other"),
]  # fmt: skip
