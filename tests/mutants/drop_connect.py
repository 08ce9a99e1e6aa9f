"""DropConnect."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    tests = "tests/strategies/test_drop_connect.py"
    return Mutant(f"drop-connect-{name}", "strategies/drop_connect.py", old, new, tests, only)


MUTANTS = [
    mutant("of-whole-units", "dropped(kernel, self.rate, moment.key)",
           "dropped(kernel, self.rate, moment.key, [1, kernel.shape[-1]])", "each_weight"),
    mutant("with-its-rate-kept", "dropped(kernel, self.rate,", "dropped(kernel, 1.0 - self.rate,",
           "each_weight"),
    mutant("without-its-scale", "return dropped(kernel, self.rate, moment.key)",
           "return dropped(kernel, self.rate, moment.key) * (1.0 - self.rate)", "each_weight"),
    mutant("with-one-mask-for-all-steps", "moment.key)", "0 * moment.key)", "another_key"),
    mutant("of-convolutions", 'moment is None or slot.kind != "dense"', "moment is None",
           "convolutions"),
    mutant("everywhere", 'if "dense" not in task.offers.get("kernel", ()):', "if False:",
           "without_slots"),
]  # fmt: skip
