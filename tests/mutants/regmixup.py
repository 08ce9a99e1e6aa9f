"""RegMixup."""

from __future__ import annotations

from tests.mutants import Mutant

FILE, TESTS = "strategies/regmixup.py", "tests/strategies/test_regmixup.py"


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    return Mutant(f"regmixup-{name}", FILE, old, new, TESTS, only)


MUTANTS = [
    mutant("of-blends-alone", "clean.losses + self.eta * blended.losses", "self.eta * blended.losses"),
    mutant("undivided", ") / (1.0 + self.eta)", ")"),
    mutant("without-its-weight", "self.eta * blended.losses", "blended.losses"),
    mutant("hands-on-the-blends", "return clean._replace(losses=losses)",
           "return blended._replace(losses=losses)", "papers"),
    mutant("clean-after-the-blends",
           "clean = rest(batch)\n        blended = rest(mixup(batch, moment.drawn))",
           "blended = rest(mixup(batch, moment.drawn))\n        clean = rest(batch)", "papers"),
    mutant("one-lambda", "self.per, prob=1.0", "'batch', prob=1.0", "own"),
    mutant("half-of-the-examples", "prob=1.0", "prob=0.5", "own"),
    mutant("alpha-of-mixup", "pairs(key, size, self.alpha", "pairs(key, size, 0.2", "own"),
]  # fmt: skip
