"""Edited code is distinguished from the measured code."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.core.record import Use
from bench.plugins.registry import Registry, find
from bench.running import source_code
from bench.running.source_code import changed, class_hash, code_of, was_edited, with_code
from tests.bench.measured import arm, study

PLUGIN = '''
from dataclasses import dataclass
from typing import ClassVar
from bench import Facts, Paper, Strategy
{imports}
@dataclass(frozen=True)
class Mine(Strategy):
    """{docstring}"""
    facts: ClassVar = Facts("mine", "own", Paper("me", 2026, "x"), "does it", "x", ("image",),
                            "free", "none")
    def features(self, batch, moment):
        {comment}
        return batch._replace(values={expression})
'''


def plugin(folder: Path, helper: str = "", **changes: str) -> str:
    """Write a plugin, and a module beside it if there is a helper; return the strategy's hash."""
    folder.mkdir()
    if helper:
        (folder / f"helper_{folder.name}.py").write_text(helper)
        changes["imports"] = f"from helper_{folder.name} import factor"
    text = {"imports": "", "docstring": "", "comment": "", "expression": "batch.values"}
    (folder / "mine.py").write_text(PLUGIN.format(**{**text, **changes}))
    return class_hash(find([folder / "mine.py"]).strategy("mine"))


def test_another_expression_is_other_code_and_another_comment_is_not(tmp_path: Path) -> None:
    first = plugin(tmp_path / "a")
    assert len(first) == 16
    assert plugin(tmp_path / "b", comment="# for the reader", docstring="More words.") == first
    assert plugin(tmp_path / "c", expression="batch.values * 2") != first
    assert plugin(tmp_path / "d", expression='f"{batch.values!r}"') != first


def test_a_module_beside_the_plugin_counts(tmp_path: Path) -> None:
    first = plugin(tmp_path / "e", helper="factor = 1\n")
    assert plugin(tmp_path / "f", helper="factor = 2\n") != first


def test_each_strategy_of_the_repository_has_a_hash() -> None:
    registry = find()
    hashes = {name: class_hash(kind) for name, kind in registry.strategies.items()}
    assert all(len(digest) == 16 for digest in hashes.values())
    assert len(set(hashes.values())) == len(hashes)


def test_the_code_of_python_and_of_the_suite_does_not_count() -> None:
    """Task inherits from `abc.ABC`, and the suite counts by its version."""
    task = type(find().task("cifar10"))
    (file,) = source_code._files(task)
    assert file.name == "cifar10.py"


def test_what_a_plugin_takes_from_a_strategy_counts(tmp_path: Path) -> None:
    plugin(tmp_path / "g", imports="from strategies.mixup import pairs")
    kind = find([tmp_path / "g" / "mine.py"]).strategy("mine")
    assert {file.name for file in source_code._files(kind)} == {"mine.py", "mixup.py", "_mixing.py"}


def child_of(name: str) -> type:
    """Return a strategy of this file that inherits from one of the repository."""
    child = type("Child", (find().strategy(name),), {})
    child.__module__ = __name__
    return child


def test_what_differs_is_named_and_unknown_code_differs_from_nothing() -> None:
    registry = find()
    code = code_of("cifar10", [Use(name="mixup")], registry)
    assert list(code) == ["suite", "task cifar10", "strategy mixup"]
    assert changed(code, {**code, "strategy mixup": "0"}) == ["strategy mixup"]
    assert changed(code, code_of("cifar10", [], registry)) == ["strategy mixup"]
    assert changed({}, code) == changed(code, {}) == []
    assert was_edited(["strategy mixup", "strategy mixup"]) == "strategy mixup was edited"
    assert was_edited(["task a", "strategy b"]) == "strategy b, task a were edited"
    assert was_edited(["suite"]) == "the version of the suite changed"


def test_an_arm_of_a_plugin_that_is_not_given_keeps_its_code() -> None:
    registry: Registry = find()
    known = arm("mixup").model_copy(update={"strategies": (Use(name="mixup"),)})
    absent = arm("mine").model_copy(
        update={"strategies": (Use(name="mine"),), "code": {"strategy mine": "a"}}
    )
    made = with_code(study(()).model_copy(update={"arms": (known, absent)}), registry)
    assert made.arms[0].code == code_of("cifar10", known.strategies, registry)
    assert made.arms[1] == absent


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        (find().strategy("mixup"), "mixup.py"),
        (find().strategy("mixup"), "_mixing.py"),
        (find().strategy("cutmix"), "_mixing.py"),
        (child_of("mixup"), "test_source_code.py"),
        (child_of("mixup"), "mixup.py"),
        (child_of("mixup"), "_mixing.py"),
    ],
    ids=["itself", "a helper", "the helper of another", "a child", "its base", "its base's helper"],
)
def test_an_edit_of_this_file_counts(
    kind: type, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, original = class_hash(kind), source_code._syntax_hash
    monkeypatch.setattr(
        source_code,
        "_syntax_hash",
        lambda path: "edited" if path.name == file else original(path),
    )
    assert class_hash(kind) != before
