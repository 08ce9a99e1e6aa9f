"""Run the tests on every mutant: `python -m tests.mutants [WORD...]`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.mutants import Mutant, find

ROOT = Path(__file__).resolve().parents[2]
OURS = ("bench", "strategies", "tests.strategies", "tests.bench", "tests.tiny")
"""Packages that are imported again for every run, so that no code of a mutant stays."""


def mutated(mutant: Mutant) -> str:
    """Return the wrong source.

    Raises:
        ValueError: the text that is to be replaced is not there exactly once.
    """
    source = (ROOT / mutant.file).read_text()
    if source.count(mutant.old) != 1:
        raise ValueError(
            f"{mutant.file} has the old text {source.count(mutant.old)} times: {mutant.old!r}"
        )
    return source.replace(mutant.old, mutant.new)


def install(mutant: Mutant) -> None:
    """Install the wrong source as the module of that file in this process."""
    source = mutated(mutant)
    name = mutant.file.removesuffix(".py").replace("/", ".")
    spec = importlib.util.spec_from_file_location(name, ROOT / mutant.file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    parent, _, child = name.rpartition(".")
    setattr(importlib.import_module(parent), child, module)
    sys.modules[name] = module
    exec(compile(source, mutant.file, "exec"), vars(module))


def forget() -> None:
    for name in list(sys.modules):
        # A plugin that is kept would hold classes of an earlier `bench`.
        plugin = name.startswith("bench_plugin_")
        if plugin or any(name == ours or name.startswith(f"{ours}.") for ours in OURS):
            del sys.modules[name]


def run_tests(tests: str, only: str) -> tuple[int, str]:
    """Run tests, slow ones too, up to the first failure; return pytest's exit status and output."""
    chosen = ["-k", only] if only else []
    options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=short", "--disable-warnings"]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = int(pytest.main([*options, str(ROOT / tests), *chosen]))
    return status, output.getvalue()


@cache
def right(tests: str, only: str) -> str:
    """Return the output of tests that fail on the right code; empty if they pass."""
    forget()
    status, output = run_tests(tests, only)
    return "" if status == pytest.ExitCode.OK else f"these fail on the right code:\n{output}"


def judge(mutant: Mutant) -> tuple[str, str]:
    """Return `killed`, `SURVIVED` or `BROKEN` (its tests fail on the right code), and the reason."""
    complaint = right(mutant.tests, mutant.only)
    if complaint:
        return "BROKEN", complaint
    forget()
    try:
        install(mutant)
    except ValueError as error:
        return "BROKEN", str(error)
    status, output = run_tests(mutant.tests, mutant.only)
    if "NameError: " in output or "ImportError: " in output:
        return "BROKEN", f"it does not run, so that any test would notice it:\n{output}"
    words = {pytest.ExitCode.OK: "SURVIVED", pytest.ExitCode.TESTS_FAILED: "killed"}
    return words.get(pytest.ExitCode(status), "BROKEN"), output


def judged(mutants: Sequence[Mutant], jobs: int) -> Iterator[tuple[str, str, str]]:
    """Yield (name, verdict, reason) of each mutant, from `jobs` processes."""
    processes = []
    for job in range(jobs):
        names = [m.name for m in mutants[job::jobs]]
        command = [sys.executable, "-m", "tests.mutants", "--here", *names]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        processes.append(
            subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment)
        )
    for process in processes:
        assert process.stdout is not None
        for line in process.stdout:
            yield tuple(json.loads(line))
        if process.wait():
            yield "a process of mutants", "BROKEN", f"it ended with {process.returncode}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("words", nargs="*", help="parts of the names of mutants; default: all")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--here", action="store_true", help="whole names; JSON lines")
    given = parser.parse_args()
    mutants = find()
    if given.here:
        for mutant in mutants:
            if mutant.name in given.words:
                print(json.dumps((mutant.name, *judge(mutant))), flush=True)
        return 0
    chosen = [m for m in mutants if not given.words or any(w in m.name for w in given.words)]
    if not chosen:
        print(f"no mutant's name contains {' or '.join(given.words)}")
        return 2
    verdicts = []
    for name, verdict, why in judged(chosen, min(given.jobs, len(chosen))):
        verdicts.append(verdict)
        print(f"{verdict:8}  {name}" + ("" if verdict == "killed" else f"\n{why}"), flush=True)
    killed = verdicts.count("killed")
    print(f"{killed} of {len(chosen)} mutants killed")
    return 0 if killed == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
