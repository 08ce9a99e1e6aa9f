"""Wrong versions of this project's code, all of which the tests must notice.

    make test-mutants                    all of them: shows each killed, or fails
    make test-mutants ARGS="mixup cut"   those whose name contains one of the words

A mutant is an entry of `MUTANTS` in a file of this folder: a file, a text in it, the text in its place,
and the tests that must then fail. The old text occurs exactly once in the file; it is the mutant's
business to name tests that pass on the right code, and a narrow `only` (pytest's `-k`) where the test
file is slow. Every trap of a technique has one: to add some for a technique, write
`tests/mutants/<technique>.py`.

Nothing on the disk is changed: the wrong source is run as the module, in a process of its own.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import NamedTuple


class Mutant(NamedTuple):
    """A small wrong version of one file."""

    name: str
    """Name of the fault, in a few words with dashes."""
    file: str
    """Path from the root of the repository, such as `strategies/mixup.py`."""
    old: str
    new: str
    tests: str
    """Path of the test file that must fail."""
    only: str = ""
    """pytest's `-k`, to run some of its tests."""


def find() -> list[Mutant]:
    """Find all mutants, in the order of the files' names."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{n}") for n in names if n != "__main__"]
    return [mutant for module in modules for mutant in module.MUTANTS]
