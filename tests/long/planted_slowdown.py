"""Test of `bench compare`: it names a strategy that became slower, and raises no other alarm.

    python -m tests.long.planted_slowdown FOLDER [--same 10] [--planted 1] [--processes N]
        [--seconds S] -- OPTIONS

Two studies of the baseline and three strategies, step times measured in turn as by
`bench.cli.compare_env`: `--same` times with the same code on both sides (exit code 0 is wanted each
time), `--planted` times with a slower copy of the strategy `planted` (3 is wanted, and its name
alone). What follows `--` is for `bench run`. Committed figures come from an otherwise idle machine.
What FOLDER has already is not measured again. Exit code 1 where a comparison did not end as wanted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cli.compare_env import HERE, Side, measure
from bench.cli.sides import folder_lines
from bench.compare.regressions import Comparison, compare
from bench.report.export.compared import Compared
from bench.report.export.text import render

STRATEGY = Path(__file__).with_name("planted_strategy.py")
SIDE = 2048
"""Side of the product that makes the copy slower: about a tenth of a step of `quick`."""
ARMS = "planted,mixup,dropout"


def slower_copy(folder: Path) -> Path:
    """Return the strategy's file with the product switched on."""
    path = folder / STRATEGY.name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = STRATEGY.read_text(encoding="utf-8")
    path.write_text(text.replace("SIDE = 0\n", f"SIDE = {SIDE}\n"), encoding="utf-8")
    return path


def pair(
    folder: Path,
    name: str,
    plugins: tuple[Path, Path],
    processes: int,
    options: Sequence[str],
    timing: tuple[str, ...] = (),
) -> Comparison:
    """Measure two studies and compare them; `timing` is for `bench time`."""
    sides = [
        Side(
            f"{name}-{which}",
            (),
            HERE,
            Path(sys.prefix),
            ("--plugin", str(plugin), "--strategies", ARMS, "--tasks", "cifar10", *options),
            timing,
        )
        for which, plugin in zip(("old", "new"), plugins, strict=True)
    ]
    measure(sides, folder, processes)
    lines = [folder_lines(folder / side.study) for side in sides]
    comparison = compare(lines[0], lines[1])
    print(render(Compared(comparison, lines[1])), flush=True)
    return comparison


def named(comparison: Comparison) -> list[str]:
    """Return the arms that regressed, each once."""
    return sorted(set(comparison.regressions["arm"]))


def main(arguments: Sequence[str]) -> int:
    """Run the command with some arguments; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.planted_slowdown")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--same", type=int, default=10)
    parser.add_argument("--planted", type=int, default=1)
    parser.add_argument("--processes", type=int, default=6)
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="of timed blocks an arm, process"
    )
    words = [*arguments, "--"]
    own, options = words[: words.index("--")], words[words.index("--") + 1 : -1]
    typed = parser.parse_args(own)
    folder = typed.folder.resolve()
    slower, wrong = slower_copy(folder / "slower"), 0
    for kind, count, new, wanted in (
        ("same", typed.same, STRATEGY, []),
        ("planted", typed.planted, slower, ["planted"]),
    ):
        for number in range(count):
            sides, timing = (STRATEGY, new), ("--seconds", str(typed.seconds))
            found = pair(folder, f"{kind}{number}", sides, typed.processes, options, timing)
            right = named(found) == wanted and found.exit_code() == (3 if wanted else 0)
            wrong += not right
            told = {"kind": kind, "number": number, "exit_code": found.exit_code()}
            print(json.dumps({**told, "regressed": named(found), "as_wanted": right}), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
