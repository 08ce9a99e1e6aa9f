"""ASAM and cautious weight decay."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, strategy: str, old: str, new: str, only: str = "") -> Mutant:
    file, tests = f"strategies/{strategy}.py", f"tests/strategies/test_{strategy}.py"
    return Mutant(name, file, old, new, tests, only)


CAUTIOUS = "cautious_weight_decay"

MUTANTS = [
    mutant("asam-scales-once", "asam", "factor * (t * value)", "factor * value"),
    mutant("asam-with-the-norm-of-sam", "asam", "(self.rho, relative)", "(self.rho, here)"),
    mutant("asam-scales-biases", "asam", " if scaled else tf.ones_like(weight)", ""),
    mutant("asam-with-signs", "asam", "tf.abs(weight) + self.eta", "weight + self.eta"),
    mutant("asam-ignores-eta", "asam", "tf.abs(weight) + self.eta", "tf.abs(weight)", "step_is"),
    mutant("cautious-decay-against-the-update", CAUTIOUS, ">= 0.0, before", "<= 0.0, before"),
    mutant("cautious-decay-without-untouched-weights", CAUTIOUS, ">= 0.0, before", "> 0.0, before"),
    mutant(
        "cautious-decay-with-a-vanishing-product", CAUTIOUS,
        "tf.sign(before - after) * tf.sign(before)", "(before - after) * before",
    ),
    mutant("cautious-decay-of-the-new-weight", CAUTIOUS, "weight) * before)", "weight) * weight)"),
    mutant("cautious-decay-of-biases", CAUTIOUS, "strict=True) if yes]", "strict=True)]"),
    mutant("cautious-decay-without-the-learning-rate", CAUTIOUS,
           "moment.learning_rate * self.rate", "self.rate"),
    mutant(
        "cautious-decay-by-the-gradient", CAUTIOUS,
        "amount * same_way(before, weight)", "amount * same_way(before, before - gradients[0])",
    ),
    mutant("cautious-decay-everywhere", CAUTIOUS, "amount * same_way(before, weight)", "amount"),
]  # fmt: skip
