"""Every format says the same, whatever the names are."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from bench.compare.regressions import compare
from bench.core.errors import UsageError
from bench.report.export.compared import Compared
from bench.report.export.formats import FORMATS, export, target
from tests.bench.compare.lines import lines

ODD = 'a|b<c>&"d"\x01'
ARMS = ("baseline", ODD, "mixup", "gone")


@pytest.fixture(scope="module")
def compared() -> Compared:
    """Compare two studies: arm `ODD` is slower, mixup unchanged, `gone` only in the old one."""
    random = np.random.default_rng(0)
    before = lines("old", random, ARMS, processes=8, process_sd=0.002)
    after = lines("new", random, ARMS[:3], processes=8, process_sd=0.002, slower={ODD: 0.2})
    return Compared(compare(before, after), after)


def test_text_names_the_worst_first_and_ends_with_what_it_comes_to(compared: Compared) -> None:
    told = FORMATS["text"](compared).splitlines()
    assert told[0] == "old -> new (images: tfds:cifar10:3.0.2)"
    assert told[1] == "the same software on both sides"
    assert told[2].startswith(f"regressed    images {ODD}: step time  +")
    assert "of the baseline's step  (8 + 8 processes, Welch, p " in told[2]
    assert told[-1].endswith(f"regressed: images {ODD}: step time")
    assert any(line.endswith("only in the base study: images gone") for line in told)


def test_markdown_has_a_row_for_each_finding_and_no_broken_cell(compared: Compared) -> None:
    told = FORMATS["markdown"](compared)
    rows = [line for line in told.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(compared.comparison.findings)
    assert all(row.replace("\\|", "").count("|") == rows[0].count("|") for row in rows)
    assert rows[2].startswith("| regressed | images | a\\|b\\<c\\>&")


def test_json_holds_numbers_or_null(compared: Compared) -> None:
    told = json.loads(FORMATS["json"](compared), parse_constant=pytest.fail)
    assert told["exit_code"] == 3
    worst = [f for f in told["findings"] if f["verdict"] == "regressed"]
    assert [(f["arm"], f["metric"]) for f in worst] == [(ODD, "step_time")]
    assert worst[0]["change"] == pytest.approx(20, abs=1)
    gone = [f for f in told["findings"] if f["arm"] == "gone"]
    assert [(f["verdict"], f["change"]) for f in gone] == [("incomparable", None)]


def test_junit_is_xml_whose_failures_are_the_regressions(compared: Compared) -> None:
    root = ElementTree.fromstring(FORMATS["junit"](compared))
    suite = root[0]
    cases = suite.findall("testcase")
    assert len(cases) == len(compared.comparison.findings) == int(suite.get("tests", 0))
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    assert failed == ['images a|b<c>&"d"\ufffd: step time']
    assert suite.get("failures") == "1"
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped"))) == "1"


def test_github_action_benchmark_gets_figures_of_the_new_study(compared: Compared) -> None:
    smaller = json.loads(FORMATS["github-smaller"](compared))
    bigger = json.loads(FORMATS["github-bigger"](compared))
    for entry in (*smaller, *bigger):
        assert {"name", "unit", "value"} <= entry.keys()
        assert isinstance(entry["value"], float)
    names = [entry["name"] for entry in (*smaller, *bigger)]
    assert len(set(names)) == len(names)
    ratio = next(e for e in smaller if e["name"] == f"images {ODD}: step time (x baseline)")
    assert ratio["value"] == pytest.approx(1.05 * 1.2, rel=0.01)
    accuracy = next(e for e in bigger if e["name"] == "images mixup: test accuracy (%)")
    assert accuracy["value"] == pytest.approx(61, abs=1.5)


def test_files_are_written_where_they_are_told_to(compared: Compared, tmp_path: Path) -> None:
    export(compared, [target(f"{name}={tmp_path}/out/{name}") for name in FORMATS])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(FORMATS)


@pytest.mark.parametrize("typed", ["junit", "junit=", "xml=a.xml", "=a"])
def test_wrong_targets(typed: str) -> None:
    with pytest.raises(UsageError):
        target(typed)
