"""Label smoothing."""

from __future__ import annotations

from tests.mutants import Mutant

FILE, TESTS = "strategies/label_smoothing.py", "tests/strategies/test_label_smoothing.py"

MUTANTS = [
    Mutant(
        "smoothing-twice", FILE,
        "targets=smooth(batch.targets, self.smoothing)",
        "targets=smooth(smooth(batch.targets, self.smoothing), self.smoothing)", TESTS,
    ),
    Mutant(
        "smoothing-toward-a-half", FILE,
        "smoothing / targets.shape[-1]", "smoothing / 2", TESTS,
    ),
    Mutant(
        "smoothing-over-the-other-classes-only", FILE,
        "targets * (1.0 - smoothing) + smoothing / targets.shape[-1]",
        "targets * (1.0 - smoothing) + (1.0 - targets) * smoothing / (targets.shape[-1] - 1)",
        TESTS,
    ),
    Mutant(
        "smoothing-adds-weight", FILE, "targets * (1.0 - smoothing) +", "targets +", TESTS,
    ),
]  # fmt: skip
