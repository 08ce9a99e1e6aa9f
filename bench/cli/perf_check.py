"""A check that no step has become slower beside its baseline's: `make perf-check`.

    python -m bench.cli.perf_check [FOLDER] [THRESHOLD]

Compares the newest run that `make perf` stored with the earlier ones of the same processor: the ratio
of each arm's step to the baseline's in that run with the median of the stored ratios. Exit codes: 0
fine, 2 wrong usage, 3 an arm is past the threshold, 4 nothing comparable.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.core.errors import BenchError, UsageError
from bench.core.exit_code import ExitCode

FOLDER = Path("results/perf")
THRESHOLD = 0.10
REGRESSION, INCOMPARABLE = ExitCode.FOUND, ExitCode.NOTHING


class Change(NamedTuple):
    """The ratio of a benchmark before and now."""

    name: str
    before: float
    now: float
    runs: int
    """Stored runs whose median is `before`."""

    @property
    def relative(self) -> float:
        """Return the change as a fraction."""
        return self.now / self.before - 1


def ratios(run: dict[str, Any]) -> dict[str, float]:
    """Return the ratio to the baseline's step of each benchmark of a stored run that has one."""
    stored = {b["fullname"]: b["extra_info"].get("ratio") for b in run["benchmarks"]}
    return {name: float(ratio) for name, ratio in stored.items() if ratio is not None}


def changes(newest: dict[str, Any], earlier: Sequence[dict[str, Any]]) -> list[Change]:
    """Compare the benchmarks that an earlier run has too, the largest slow-down first."""
    comparable = [run for run in earlier if _processor(run) == _processor(newest)]
    compared = []
    for name, now in ratios(newest).items():
        before = [stored[name] for run in comparable if name in (stored := ratios(run))]
        if before:
            compared.append(Change(name, median(before), now, len(before)))
    return sorted(compared, key=lambda change: -change.relative)


def load(folder: Path) -> list[dict[str, Any]]:
    """Read the stored runs, the oldest first.

    Raises:
        UsageError: no folder, or a file that pytest-benchmark did not write.
    """
    paths = sorted(folder.glob("**/*.json"))
    if not paths:
        raise UsageError(f"no stored runs in {folder}; `make perf` stores one")
    runs = []
    for path in paths:
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            ratios(run), _processor(run), run["datetime"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{path} is no run of pytest-benchmark: {error}") from error
        runs.append(run)
    return sorted(runs, key=lambda run: str(run["datetime"]))


def check(folder: Path, threshold: float) -> int:
    """Print the changes; return the exit code."""
    *earlier, newest = load(folder)
    compared = changes(newest, earlier)
    if not compared:
        print(f"nothing to compare: no earlier run of this processor in {folder}")
        return INCOMPARABLE
    slower = [change for change in compared if change.relative > threshold]
    for change in slower or compared[:3]:
        print(
            f"{change.name}: {change.now:.3f} of the baseline's step, was {change.before:.3f} "
            f"({change.relative:+.1%}; {change.runs} stored)"
        )
    print(f"{len(slower)} of {len(compared)} arms slower by more than {threshold:.0%}")
    return REGRESSION if slower else ExitCode.FINE


def _processor(run: dict[str, Any]) -> str:
    machine = run["machine_info"]
    return f"{machine['machine']} {machine.get('cpu', {}).get('brand_raw', '')}"


def main(arguments: Sequence[str]) -> int:
    """Run the command with some arguments; return its exit code."""
    try:
        folder = Path(arguments[0]) if arguments else FOLDER
        threshold = float(arguments[1]) if len(arguments) > 1 else THRESHOLD
        return check(folder, threshold)
    except ValueError:
        print(f"perf-check: {arguments[1]!r} is no threshold such as 0.1", file=sys.stderr)
        return UsageError.exit_code
    except BenchError as error:
        print(f"perf-check: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
