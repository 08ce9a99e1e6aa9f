"""Skip tests that drive a browser where there is none, with a line that says so."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def _missing() -> str:
    """Name the missing requirement of a browser test; return nothing if all are there."""
    if not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium on the path"
    if not shutil.which("chromedriver"):
        return "no chromedriver on the path"
    return "" if find_spec("selenium") else "selenium is not installed"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = _missing()
    browser = [item for item in items if item.get_closest_marker("browser")]
    if missing and browser:
        config.hook.pytest_deselected(items=browser)
        items[:] = [item for item in items if item not in browser]
        config.stash.setdefault(REASON, f"{len(browser)} browser tests deselected: {missing}")


REASON = pytest.StashKey[str]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if reason := config.stash.get(REASON, ""):
        terminalreporter.write_line(reason)
