"""The effect of an upgrade on training: two environments on one machine, measured in turn.

    python -m bench.cli.compare_env --old tensorflow==2.20.* --new tensorflow==2.21.* -- --profile quick

Each environment is a virtual environment with the given requirements and this suite, or the suite in
another folder (base and head of a pull request). Trials of both are trained. Then step times are
measured process by process, old and new in turn, and `bench compare` judges. Options after `--` go to
`bench run` of both. Exit codes: those of `bench compare`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.cli.stops import end_at_sigterm, stopped
from bench.core.errors import BenchError, UsageError
from bench.storage.files import write_atomic

HERE = Path(__file__).parents[2]
CONSTRAINTS = "constraints.txt"


class Side(NamedTuple):
    """One environment and its study."""

    study: str
    requirements: tuple[str, ...]
    source: Path
    """Folder of the suite to install."""
    folder: Path
    """Folder of the virtual environment."""
    options: tuple[str, ...] = ()
    """Options for its `bench run`."""
    timing: tuple[str, ...] = ()
    """Options for its `bench time`."""

    def program(self, name: str) -> str:
        """Return the path of a program of the environment."""
        return str(self.folder / "bin" / name)


def install(side: Side) -> None:
    """Make the environment, or complete an existing one.

    Raises:
        BenchError: a requirement cannot be installed.
    """
    if not (side.folder / "bin" / "python").exists():
        call([sys.executable, "-m", "venv", str(side.folder)])
    required = {requirement_name(text) for text in side.requirements}
    pins = side.source / CONSTRAINTS
    lines = pins.read_text(encoding="utf-8").splitlines() if pins.exists() else []
    kept = [line for line in lines if requirement_name(line) not in required]
    path = side.folder / CONSTRAINTS
    write_atomic(path, "".join(f"{line}\n" for line in kept).encode())
    pip = [side.program("python"), "-m", "pip", "install", "--disable-pip-version-check"]
    pinned = ["--quiet", "--upgrade", "--constraint", str(path)]
    call([*pip, *pinned, "--editable", str(side.source), *side.requirements])


def requirement_name(text: str) -> str:
    """Return `tensorflow` for `tensorflow==2.20.*`, as package indexes spell it."""
    name = re.match(r"[\w.-]*", text)
    return re.sub("[_.]", "-", name.group() if name else "").lower()


def turns(processes: int) -> Iterator[tuple[int, int]]:
    """Yield (side, process) in the order old new, new old, ...: a drift of the machine hits both."""
    for process in range(processes):
        for side in (0, 1) if process % 2 == 0 else (1, 0):
            yield side, process


def measure(sides: Sequence[Side], results: Path, processes: int) -> None:
    """Train both studies, then time both in turn; stored measurements are not repeated.

    Raises:
        BenchError: a run failed.
    """
    for side in sides:
        run = [side.program("bench"), "run", "--name", side.study, "--results", str(results)]
        call([*run, "--no-step-times", "--quiet", *_same_seeds(side), *side.options])
    for number, process in turns(processes):
        side = sides[number]
        time = [side.program("bench"), "time", side.study, "--results", str(results)]
        plugins = [word for pair in _plugins(side.options) for word in pair]
        call([*time, "--processes", str(process + 1), "--quiet", *plugins, *side.timing])


def _same_seeds(side: Side) -> list[str]:
    """Return the options that give both sides the same seeds, which pairs their trials.

    The sides repeat each other, so no side may declare a comparison. A suite of an older version
    always begins with seed 0, and has no option for it.
    """
    help_text = subprocess.run(
        [side.program("bench"), "run", "--help"], check=False, capture_output=True, text=True
    ).stdout
    options = {"--exploratory": ["--exploratory"], "--first-seed": ["--first-seed", "0"]}
    return [
        word
        for option, words in options.items()
        if option in help_text and option not in side.options
        for word in words
    ]


def _plugins(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the options of `bench run` that `bench time` needs as well."""
    for option, value in pairwise(options):
        if option in ("--plugin", "--data-dir"):
            yield option, value


def call(command: Sequence[str]) -> None:
    """Run a command to its end, with its output on the terminal.

    Raises:
        BenchError: it failed.
    """
    print(f"$ {' '.join(command)}", file=sys.stderr, flush=True)
    code = subprocess.run(command, check=False, stdout=sys.stderr).returncode
    if code:
        raise BenchError(f"{command[0]} {command[1]} failed (exit code {code}); see above")


def compare(sides: Sequence[Side], results: Path, export: Sequence[str]) -> int:
    """Write the report (Markdown) beside the studies; return the exit code of `bench compare`."""
    old, new = sides
    report = results / f"{old.study}-against-{new.study}.md"
    command = [sys.executable, "-m", "bench.cli.main", "compare", old.study, new.study]
    command += ["--results", str(results), "--export", f"markdown={report}"]
    command += [word for target in export for word in ("--export", target)]
    code = subprocess.run(command, check=False).returncode
    print(f"report: {report}")
    return code


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    command_line = argparse.ArgumentParser(
        prog="python -m bench.cli.compare_env", description=__doc__
    )
    for side in ("old", "new"):
        command_line.add_argument(f"--{side}", default="", help="requirements, separated by spaces")
        command_line.add_argument(
            f"--{side}-source", type=Path, default=HERE, help="folder of the suite to install"
        )
        command_line.add_argument(
            f"--{side}-name", default="", help="of the study; default: by version"
        )
    command_line.add_argument("--processes", type=int, default=6, help="fresh processes a side")
    command_line.add_argument("--results", type=Path, default=Path("results"))
    command_line.add_argument("--environments", type=Path, default=Path("build/compare-env"))
    command_line.add_argument(
        "--export", action="append", default=[], help="as for `bench compare`"
    )
    command_line.add_argument("run", nargs="*", help="after --: for `bench run` of both")
    return command_line


def _side(typed: argparse.Namespace, requirements: Sequence[str], source: Path, name: str) -> Side:
    name = name or study_name(requirements, source)
    folder = typed.environments.resolve() / name
    return Side(name, tuple(requirements), source, folder, tuple(typed.run))


def study_name(requirements: Sequence[str], source: Path) -> str:
    """Return `env-tensorflow-2.20` for `tensorflow==2.20.*`; the source's folder names an empty list."""
    text = "-".join(requirements) or source.name
    return f"env-{re.sub('[^A-Za-z0-9.]+', '-', text).strip('-.')}"


def main(arguments: Sequence[str]) -> int:
    """Run the command with some arguments; return its exit code."""
    typed = parser().parse_args(arguments)
    sides = [
        _side(typed, requirements.split(), source.resolve(), name)
        for requirements, source, name in (
            (typed.old, typed.old_source, typed.old_name),
            (typed.new, typed.new_source, typed.new_name),
        )
    ]
    try:
        if sides[0][1:3] == sides[1][1:3] or sides[0].study == sides[1].study:
            raise UsageError("the two sides are the same: give --old and --new, and two names")
        if typed.processes < 1:
            raise UsageError(f"--processes {typed.processes}: one at the least")
        for side in sides:
            install(side)
        measure(sides, typed.results.resolve(), typed.processes)
        return compare(sides, typed.results.resolve(), typed.export)
    except KeyboardInterrupt as stop:
        error = stopped(stop)
        print(f"compare-env: {error}; the same command goes on", file=sys.stderr)
        return error.exit_code
    except BenchError as error:
        print(f"compare-env: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    end_at_sigterm()
    sys.exit(main(sys.argv[1:]))
