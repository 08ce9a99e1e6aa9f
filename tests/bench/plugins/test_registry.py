"""Plugins: public names, and one clear line where an import is of another version."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench import UsageError
from bench.plugins.loading import plugin_module
from bench.plugins.registry import find

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _path_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the folders that a test's plugins open."""
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_every_public_name_is_listed_once_and_can_be_imported() -> None:
    homes = [name for names in bench.HOMES.values() for name in names]
    assert sorted(homes) == sorted(bench.__all__)
    for module, names in bench.HOMES.items():
        for name in names:
            assert getattr(bench, name) is getattr(importlib.import_module(module), name)


def test_strategies_use_public_names_only() -> None:
    for path in (ROOT / "strategies").glob("*.py"):
        assert "from bench." not in path.read_text(), path.name


@pytest.mark.parametrize(
    "line",
    ["from bench.strategy import Strategy", "import bench.task", "from bench import Outcome"],
)
def test_an_import_of_an_earlier_version_says_the_new_one(line: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"import os\n{line}\n")
    with pytest.raises(UsageError, match=r"\(line 2\); .*`from bench import ...` \(Outcome is now"):
        plugin_module(path)


STRATEGY = """
from dataclasses import dataclass
from bench import Facts, Paper, Strategy
{extra}

@dataclass(frozen=True)
class Mine(Strategy):
    facts = Facts(
        name={name!r}, family="noise", paper=Paper("A", 2026, "T"), summary={summary},
        equation="", modalities=("image",), cost="free", identity="none",
    )
    def features(self, batch, moment):
        return batch
"""
TASK = """
from bench import Task, TaskFacts

class Mine(Task):
    facts = TaskFacts(name={name!r}, modality="image", classes=2, offers={{}})
    summary, profiles = "", {{}}
    def identify(self, source): ...
    def load(self, recipe, source): ...
    def network(self, recipe, parts): ...
"""


def strategy_file(path: Path, name: object, extra: str = "", summary: str = "''") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(STRATEGY.format(name=name, extra=extra, summary=summary))
    return path


@pytest.mark.parametrize("template", [STRATEGY, TASK])
@pytest.mark.parametrize("name", ["all", "recipe", "baseline"])
def test_a_word_of_the_command_line_is_no_name(template: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(template.format(name=name, extra="", summary="''"))
    with pytest.raises(UsageError, match=f"defines '{name}', a word of the command line; rename"):
        find([path])


@pytest.mark.parametrize("name", ["a+b", "a,b", "a.b", "a=b", "a b", "", "[x]", "../x", None, 3])
def test_a_name_that_the_command_line_cannot_say_is_refused(name: object, tmp_path: Path) -> None:
    path = strategy_file(tmp_path / "mine.py", name)
    with pytest.raises(UsageError, match="a name has letters, digits, `_` and `-`"):
        find([path])


@pytest.mark.parametrize("name", ["mixup", "cifar10", "modern_image"])
def test_a_name_of_a_strategy_task_or_preset_is_taken(name: str, tmp_path: Path) -> None:
    path = strategy_file(tmp_path / "mine.py", name)
    with pytest.raises(UsageError, match=f"defines '{name}', which exists; rename it"):
        find([path])


def test_a_task_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TASK.format(name="mine") + "    def __init__(self, folder): ...\n")
    with pytest.raises(UsageError, match=r"task 'mine' of .* cannot be made without arguments: Ty"):
        find([path])


def test_a_plugin_imports_the_modules_beside_it_at_once_and_later(tmp_path: Path) -> None:
    (tmp_path / "beside_one.py").write_text("SUMMARY = 'from beside'\n")
    (tmp_path / "beside_two.py").write_text("LATER = 2\n")
    later = "def later():\n    import beside_two\n    return beside_two.LATER"
    extra = f"from beside_one import SUMMARY\n{later}"
    path = strategy_file(tmp_path / "mine.py", "mine", extra, "SUMMARY")
    program = (
        "import sys; from pathlib import Path; from bench.plugins.loading import plugin_module;"
        "module = plugin_module(Path(sys.argv[1]));"
        "print(module.Mine.facts.summary, module.later())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True
    )
    assert done.stdout == "from beside 2\n", done.stderr


def test_a_file_beside_a_plugin_hides_no_installed_module(tmp_path: Path) -> None:
    (tmp_path / "imaplib.py").write_text("IMAP4 = 'the wrong one'\n")
    path = strategy_file(tmp_path / "mine.py", "mine", "import imaplib", "repr(imaplib.IMAP4)")
    program = (
        "import sys; from pathlib import Path; from bench.plugins.loading import plugin_module;"
        "print('imaplib' in sys.modules, plugin_module(Path(sys.argv[1])).Mine.facts.summary)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True
    )
    assert done.stdout == "False <class 'imaplib.IMAP4'>\n", done.stderr


def test_two_plugins_never_share_a_module_by_accident(tmp_path: Path) -> None:
    paths = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "helper_of_plugins.py").write_text(f"SUMMARY = {folder!r}\n")
        extra = "from helper_of_plugins import SUMMARY"
        paths.append(strategy_file(tmp_path / folder / "mine.py", folder, extra, "SUMMARY"))
    with pytest.raises(UsageError, match=r"helper_of_plugins.py beside it has the name of .*one"):
        find(paths)
