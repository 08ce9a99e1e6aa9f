"""Quality of the choices of `bench advise`, in a thousand made-up worlds of each kind.

    python -m tests.long.advised_worlds [--worlds 1000]

Worlds are those of `tests.bench.advising.worlds`: effects, interactions, noise and costs like those of
the committed records. Budgets are trials per technique. Exit code 1 unless both hold: 95% of the
recommended arms are better, and in worlds without effects it recommends nothing in 95%.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.bench.advising.simulated import rates, simulated


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the rates of each kind of world; return 1 if a share is out of its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000)
    options = parser.parse_args(arguments)
    good = True
    for task, trials, null in (
        ("imdb", 10, False),
        ("imdb", 10, True),
        ("cifar10", 10, False),
        ("imdb", 5, False),
        ("imdb", 20, False),
    ):
        outcomes = [simulated(task, number, trials, null) for number in range(options.worlds)]
        found = rates(outcomes)
        best = sum(o.best for o in outcomes) / len(outcomes)
        chosen = sum(o.chosen for o in outcomes) / len(outcomes)
        print(
            f"{'no effect anywhere' if null else f'like {task}'}, {trials} trials per technique: best "
            f"stack {best:.2f} points, chosen {chosen:.2f}; something recommended in {found.said:.1%}, "
            f"of these really better {found.right:.1%}; {found.reached:.0%} of the best stack; regret "
            f"{found.regret:.2f} of the rival's",
            flush=True,
        )
        good &= found.said <= 0.05 if null else found.right >= 0.95
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
