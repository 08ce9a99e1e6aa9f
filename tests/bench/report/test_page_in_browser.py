"""The page in a real headless Chromium: sorting, filtering, width, color scheme, no errors."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from bench.core.study import NotApplicable
from bench.report.report import write_report
from tests.bench.report.cards import CARDS
from tests.bench.report.conftest import BROWSERS
from tests.bench.report.study_factory import SIX, Plan, Planted, make

pytestmark = [pytest.mark.slow, pytest.mark.browser]
STACK = "batch_norm+mixup+label_smoothing"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    absent = NotApplicable(task="imdb", arm="flip_crop", reason="needs images")
    arms = {**SIX, STACK: Planted(1.0)}
    made = make(Plan(arms=arms, not_applicable=(absent,)))
    return write_report(made.study, made.records, made.step_times, folder, CARDS).page.as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = next(path for name in BROWSERS if (path := shutil.which(name)))
    profile = tmp_path_factory.mktemp("profile")
    for flag in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_window_size(1280, 900)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, address: str) -> Any:
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    browser.get("about:blank")
    browser.get(address)
    return browser


def _column(driver: Any, number: int) -> list[str]:
    return driver.execute_script(
        "return [...document.querySelectorAll('#decision-table tbody tr')]"
        ".filter(row => row.offsetParent !== null)"
        ".map(row => row.cells[arguments[0]].dataset.key)",
        number,
    )


def _button(driver: Any, number: int) -> Any:
    return driver.find_elements("css selector", "#decision-table thead button")[number]


def test_a_click_sorts_and_a_second_click_turns_it_round(opened: Any) -> None:
    _button(opened, 2).click()
    effects = [float(key) for key in _column(opened, 2)]
    assert effects == sorted(effects, reverse=True)
    heads = opened.find_elements("css selector", "#decision-table thead th")
    assert [head.get_attribute("aria-sort") for head in heads].count("descending") == 1
    _button(opened, 2).click()
    assert [float(key) for key in _column(opened, 2)] == sorted(effects)
    assert heads[2].get_attribute("aria-sort") == "ascending"


def test_the_keyboard_sorts(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    _button(opened, 0).send_keys(Keys.ENTER)
    names = _column(opened, 0)
    assert names == sorted(names)
    assert names != _column(opened, 1)


def test_filters_narrow_the_table_and_say_so(opened: Any) -> None:
    from selenium.webdriver.support.ui import Select

    Select(opened.find_element("id", "filter-task")).select_by_visible_text("imdb")
    assert set(_column(opened, 1)) == {"imdb"}
    Select(opened.find_element("id", "filter-family")).select_by_visible_text("mixing")
    assert sorted(_column(opened, 0)) == [STACK, "cutmix", "mixup"]
    assert opened.find_element("id", "shown").text == "3 of 14 rows"
    Select(opened.find_element("id", "filter-family")).select_by_visible_text("targets")
    assert sorted(_column(opened, 0)) == [STACK, "label_smoothing"]


def test_no_error_and_no_request_beyond_the_file(opened: Any) -> None:
    import json

    opened.get_log("performance")  # what the browser did before
    opened.refresh()
    _button(opened, 3).click()
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith(("file:", "about:", "data:"))] == []


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(opened: Any, width: int) -> None:
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    overflow = opened.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0


def test_dark_mode_turns_page_and_plots_dark(opened: Any) -> None:
    script = """
        const fills = [...document.querySelectorAll('svg.plot text')]
            .map(text => getComputedStyle(text).fill);
        return [getComputedStyle(document.body).backgroundColor, ...new Set(fills)]"""
    page, *labels = map(_brightness, opened.execute_script(script))
    assert len(labels) > 5
    assert max(labels) < 450 < page
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page, *labels = map(_brightness, opened.execute_script(script))
    assert min(labels) > 400 > page


def _brightness(color: str) -> int:
    """Return the brightness of `rgb(r, g, b)`, 0 to 765."""
    return sum(int(part) for part in color[4:-1].split(","))


def test_every_plot_has_a_name_for_screen_readers(opened: Any) -> None:
    names = opened.execute_script(
        "return [...document.querySelectorAll('svg[role=img]')].map(s => s.ariaLabel)"
    )
    assert len(names) >= 24
    assert all(names)
    repeated = opened.execute_script(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        "return ids.filter((id, i) => ids.indexOf(id) !== i)"
    )
    assert repeated == []
