"""Quality of the choices of `bench advise`, in a thousand made-up worlds of each kind.

    python -m tests.long.advised_worlds [--worlds 1000] [--objective seconds]

Worlds are those of `tests.bench.advising.worlds`: effects, interactions, noise and costs like those of
the committed records. Budgets are trials per technique. Exit code 1 unless both hold: 95% of the
recommended arms are better, and in worlds without effects it recommends nothing in 95%.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench.core.metrics import objective_of
from tests.bench.advising.simulated import rates, simulated

KINDS = (
    ("accuracy", "imdb", 10, False),
    ("accuracy", "imdb", 10, True),
    ("accuracy", "cifar10", 10, False),
    ("accuracy", "imdb", 5, False),
    ("accuracy", "imdb", 20, False),
    ("calibration", "imdb", 10, False),
    ("calibration", "imdb", 10, True),
    ("calibration", "cifar10", 10, False),
    ("seconds", "imdb", 10, False),
    ("seconds", "cifar10", 10, False),
)
"""Objective, task, trials per technique, and whether no technique has an effect."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the rates of each kind of world; return 1 if a share is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--objective", help="Only the worlds of this one.")
    options = parser.parse_args(arguments)
    good = True
    for objective, task, trials, null in KINDS:
        if options.objective not in (None, objective):
            continue
        outcomes = [
            simulated(task, number, trials, null, objective) for number in range(options.worlds)
        ]
        found = rates(outcomes)
        best = sum(o.best for o in outcomes) / len(outcomes)
        chosen = sum(o.chosen for o in outcomes) / len(outcomes)
        unit = objective_of(objective)[1].unit
        print(
            f"{objective}, {'no effect anywhere' if null else f'like {task}'}, {trials} trials per "
            f"technique: best stack {best:.2f} {unit}, chosen {chosen:.2f}; something recommended in "
            f"{found.said:.1%}, of these really better {found.right:.1%}; {found.reached:.0%} of the "
            f"best stack; regret {found.regret:.2f} of the rival's",
            flush=True,
        )
        good &= found.said <= 0.05 if null else found.right >= 0.95
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
