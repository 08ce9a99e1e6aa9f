"""Hashes of the code of an arm, which distinguish results of edited code from earlier ones.

A hash covers the syntax of a class's file, of the files of its base classes, and of the files beside
them that they import. Comments, docstrings and layout do not count. The suite itself counts by its
version.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import strategies
from bench.core.canonical import canonical_hash
from bench.core.environment import software
from bench.core.record import Use
from bench.core.study import Study
from bench.plugins.own_tasks import model_file
from bench.plugins.registry import Registry

SUITE = "regularization-bench"
STRATEGIES = Path(strategies.__file__ or "").resolve().parent
Code = Mapping[str, str]
"""`suite`, `task NAME`, `strategy NAME` -> version or hash."""


def code_of(task: str, uses: Iterable[Use], registry: Registry) -> dict[str, str]:
    """Return the code of a task with some strategies.

    Raises:
        UsageError: the registry has no such task or strategy.
    """
    code = {"suite": software()[SUITE], f"task {task}": class_hash(type(registry.task(task)))}
    if (file := model_file(registry.task(task))) is not None:
        code[f"model of {task}"] = file_hash(file)
    for use in uses:
        code[f"strategy {use.name}"] = class_hash(registry.strategy(use.name))
    return code


def with_code(study: Study, registry: Registry) -> Study:
    """Return a study whose arms carry the hashes of their current code.

    An arm keeps the code that it has if the registry lacks one of its strategies.
    """
    arms = []
    for arm in study.arms:
        names = {use.name for use in arm.strategies}
        if arm.task in registry.tasks and names <= registry.strategies.keys():
            arm = arm.model_copy(update={"code": code_of(arm.task, arm.strategies, registry)})
        arms.append(arm)
    return study.model_copy(update={"arms": tuple(arms)})


def changed(stored: Code, present: Code) -> list[str]:
    """Name the parts whose code differs; empty if the code of either side is unknown."""
    if not (stored and present):
        return []
    names = dict.fromkeys((*stored, *present))
    return [name for name in names if stored.get(name) != present.get(name)]


def changed_arms(stored: Study, present: Study) -> dict[tuple[str, str], list[str]]:
    """Return (task, arm) -> differing parts, for the arms of both studies whose code differs."""
    arms = {(arm.task, arm.name): arm for arm in present.arms}
    differences = {
        key: changed(arm.code, arms[key].code)
        for arm in stored.arms
        if (key := (arm.task, arm.name)) in arms
    }
    return {key: names for key, names in differences.items() if names}


def was_edited(names: Iterable[str]) -> str:
    """Describe a change: `strategy mixup was edited`."""
    listed = sorted(set(names) - {"suite"})
    verb = "was edited" if len(listed) == 1 else "were edited"
    return f"{', '.join(listed)} {verb}" if listed else "the version of the suite changed"


def class_hash(kind: type) -> str:
    """Hash the code of a class of a strategy or a task; empty if it has no file.

    A base class counts if it lies beside the class, or among the suite's strategies. Libraries have
    versions of their own, which every record holds.
    """
    files = _files(kind)
    return canonical_hash(sorted(_syntax_hash(path) for path in files)) if files else ""


def file_hash(path: Path) -> str:
    """Hash the code of a file, and of the files beside it that it imports."""
    beside = {path.resolve()}
    waiting = [path.resolve()]
    while waiting:
        names = {name.partition(".")[0] for name in _imported(waiting.pop(), "")}
        imported = {path.parent.resolve() / f"{name}.py" for name in names}
        new = {file for file in imported if file.is_file()} - beside
        beside |= new
        waiting += new
    return canonical_hash(sorted(map(_syntax_hash, beside)))


def _files(kind: type) -> set[Path]:
    """Return the files of a class, of its base classes, and the files beside them that they import."""
    files: set[Path] = set()
    home = _file(sys.modules.get(kind.__module__))
    if home is None:
        return files
    for base in kind.__mro__:
        module = sys.modules.get(base.__module__)
        path = _file(module)
        if path is None or module is None:
            continue
        is_strategy = base.__module__.startswith("strategies.")
        beside = path.parent == home.parent and not base.__module__.startswith("bench.")
        if base is kind or is_strategy or beside:
            files |= _with_imports(path, module.__package__ or "")
    return files


def _file(module: ModuleType | None) -> Path | None:
    """Return the Python file of a module; None for built-in and typed modules."""
    path = Path(getattr(module, "__file__", None) or "")
    return path.resolve() if path.suffix == ".py" and path.is_file() else None


def _with_imports(path: Path, package: str) -> set[Path]:
    """Return a file and all that it imports, directly or not, from beside it or from `strategies`."""
    reached, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += _imports(current, "strategies" if current.parent == STRATEGIES else package)
    return reached


@cache
def _imports(path: Path, package: str) -> tuple[Path, ...]:
    """List the files that a file imports from its own package and from `strategies`."""
    folders = {"strategies": STRATEGIES}
    if package.partition(".")[0] != "bench":  # the suite counts by its version
        folders[package] = path.parent
    files = []
    for name in sorted(set(_imported(path, package))):
        parent, _, last = name.rpartition(".")
        if parent in folders and (file := folders[parent] / f"{last}.py").is_file():
            files.append(file.resolve())
    return tuple(files)


def _imported(path: Path, package: str) -> Iterator[str]:
    """Yield the full names of what a file imports, modules and members alike."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = [package if node.level else "", node.module or ""]
            module = ".".join(part for part in parts if part)
            yield module
            yield from (f"{module}.{alias.name}".lstrip(".") for alias in node.names)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@cache
def _syntax_hash(path: Path) -> str:
    return canonical_hash(_shape(_tree(path)))


def _shape(node: Any) -> Any:
    """Return a syntax tree as lists, the same for every version of Python that the suite supports.

    `ast.dump` and `ast.unparse` give other texts in other versions.
    """
    if isinstance(node, list):
        return [_shape(item) for item in node if not _is_text(item)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if name != "kind")
    return [
        type(node).__name__,
        *([name, _shape(value)] for name, value in fields if value not in (None, [])),
    ]


def _is_text(node: Any) -> bool:
    """Return true for a docstring, or another statement that is only a text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
