"""What does an upgrade do to my training? Two environments on one machine, measured in turn.

    python -m bench.cli.compare_env --old tensorflow==2.20.* --new tensorflow==2.21.* -- --profile quick

Each environment is a virtual environment with this suite (or the one in another folder: base and
head of a pull request) and the requirements given. Trials of both are trained, then step times are
measured process by process, old and new taking turns, and `bench compare` judges. What follows `--`
is for `bench run` of both. Exit codes: those of `bench compare`.
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

from bench.core.errors import BenchError, UsageError
from bench.storage.files import write_atomic

HERE = Path(__file__).parents[2]
CONSTRAINTS = "constraints.txt"


class Side(NamedTuple):
    """One environment and the study that is run in it."""

    study: str
    requirements: tuple[str, ...]
    source: Path
    """The folder of the suite that is installed."""
    folder: Path
    """Of the virtual environment."""
    options: tuple[str, ...] = ()
    """For its `bench run`."""
    timing: tuple[str, ...] = ()
    """For its `bench time`."""

    def program(self, name: str) -> str:
        """A program of the environment."""
        return str(self.folder / "bin" / name)


def install(side: Side) -> None:
    """Makes the environment, or completes the one that is there.

    Raises:
        BenchError: a requirement cannot be installed.
    """
    if not (side.folder / "bin" / "python").exists():
        call([sys.executable, "-m", "venv", str(side.folder)])
    named = {requirement_name(text) for text in side.requirements}
    kept = [line for line in _constraints(side.source) if requirement_name(line) not in named]
    path = side.folder / CONSTRAINTS
    write_atomic(path, "".join(f"{line}\n" for line in kept).encode())
    pip = [side.program("python"), "-m", "pip", "install", "--disable-pip-version-check"]
    pinned = ["--quiet", "--upgrade", "--constraint", str(path)]
    call([*pip, *pinned, "--editable", str(side.source), *side.requirements])


def _constraints(source: Path) -> list[str]:
    """The pinned versions; those that a side's own requirements name are left out by the caller."""
    path = source / CONSTRAINTS
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def requirement_name(text: str) -> str:
    """`tensorflow` of `tensorflow==2.20.*`, as package indexes spell it."""
    for end, character in enumerate(text):
        if not (character.isalnum() or character in "-_."):
            text = text[:end]
            break
    return text.lower().replace("_", "-").replace(".", "-")


def turns(processes: int) -> Iterator[tuple[int, int]]:
    """(side, process) in the order old new, new old, ...: a drift of the machine hits both."""
    for process in range(processes):
        for side in (0, 1) if process % 2 == 0 else (1, 0):
            yield side, process


def measure(sides: Sequence[Side], results: Path, processes: int) -> None:
    """Trains both studies, then times both in turn; what is there already is not measured again.

    Raises:
        BenchError: a run failed.
    """
    for side in sides:
        run = [side.program("bench"), "run", "--name", side.study, "--results", str(results)]
        call([*run, "--no-step-times", "--quiet", *side.options])
    for number, process in turns(processes):
        side = sides[number]
        time = [side.program("bench"), "time", side.study, "--results", str(results)]
        plugins = [word for pair in _plugins(side.options) for word in pair]
        call([*time, "--processes", str(process + 1), "--quiet", *plugins, *side.timing])


def _plugins(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The options of `bench run` that `bench time` needs as well."""
    for option, value in pairwise(options):
        if option in ("--plugin", "--data-dir"):
            yield option, value


def call(command: Sequence[str]) -> None:
    """Runs a command to its end, its output on the terminal.

    Raises:
        BenchError: it failed.
    """
    print(f"$ {' '.join(command)}", file=sys.stderr, flush=True)
    code = subprocess.run(command, check=False, stdout=sys.stderr).returncode
    if code:
        raise BenchError(f"{command[0]} {command[1]} failed (exit code {code}); see above")


def compare(sides: Sequence[Side], results: Path, export: Sequence[str]) -> int:
    """Writes the report (Markdown) beside the studies; the exit code of `bench compare`."""
    old, new = sides
    report = results / f"{old.study}-against-{new.study}.md"
    command = [sys.executable, "-m", "bench.cli.main", "compare", old.study, new.study]
    command += ["--results", str(results), "--export", f"markdown={report}"]
    command += [word for target in export for word in ("--export", target)]
    code = subprocess.run(command, check=False).returncode
    print(f"report: {report}")
    return code


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    found = argparse.ArgumentParser(prog="python -m bench.cli.compare_env", description=__doc__)
    for side in ("old", "new"):
        found.add_argument(f"--{side}", default="", help="requirements, separated by spaces")
        found.add_argument(
            f"--{side}-source", type=Path, default=HERE, help="folder of the suite to install"
        )
        found.add_argument(f"--{side}-name", default="", help="of the study; default: by version")
    found.add_argument("--processes", type=int, default=6, help="fresh processes a side")
    found.add_argument("--results", type=Path, default=Path("results"))
    found.add_argument("--environments", type=Path, default=Path("build/compare-env"))
    found.add_argument("--export", action="append", default=[], help="as for `bench compare`")
    found.add_argument("run", nargs="*", help="after --: for `bench run` of both")
    return found


def _side(typed: argparse.Namespace, requirements: Sequence[str], source: Path, name: str) -> Side:
    name = name or study_name(requirements, source)
    folder = typed.environments.resolve() / name
    return Side(name, tuple(requirements), source, folder, tuple(typed.run))


def study_name(requirements: Sequence[str], source: Path) -> str:
    """`env-tensorflow-2.20` of `tensorflow==2.20.*`; the source's folder where none is given."""
    text = "-".join(requirements) or source.name
    return f"env-{re.sub('[^A-Za-z0-9.]+', '-', text).strip('-.')}"


def main(arguments: Sequence[str]) -> int:
    """The exit code of a call with these arguments."""
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
    except BenchError as error:
        print(f"compare-env: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
