"""A comparison as JUnit XML: a test case for each finding, which CI systems list by themselves."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bench.report.export.compared import Compared, Finding, findings, summary

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(compared: Compared) -> str:
    """Write regressions as failures, incomparable arms as skipped, everything else as passed."""
    comparison = compared.comparison
    cases = list(findings(comparison))
    verdicts = [finding.verdict for finding in cases]
    counts = {"tests": len(cases), "failures": verdicts.count("regressed"), "errors": 0}
    name = f"bench compare {comparison.base} {comparison.new}"
    root = ElementTree.Element("testsuites")
    suite = _add(root, "testsuite", "", name=name, **counts, skipped=verdicts.count("incomparable"))
    root.attrib |= {key: str(count) for key, count in counts.items()}
    for finding in cases:
        _add_case(suite, finding)
    _add(suite, "system-out", summary(comparison))
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: ElementTree.Element, finding: Finding) -> None:
    classname = f"bench.{finding.task}"
    case = _add(suite, "testcase", classname=classname, name=finding.what, time=0)
    parts = (finding.verdict, finding.change, finding.values, finding.evidence, finding.reason)
    words = "  ".join(part for part in parts if part)
    if finding.verdict == "regressed":
        message = f"{finding.what} {finding.change}"
        _add(case, "failure", words, message=message, type="regressed")
    elif finding.verdict == "incomparable":
        _add(case, "skipped", message=finding.reason)
    else:
        _add(case, "system-out", words)


def _add(
    parent: ElementTree.Element, tag: str, text: str = "", **attributes: object
) -> ElementTree.Element:
    """Add an element; leave out characters that XML cannot hold."""
    clean = {key: _clean(str(value)) for key, value in attributes.items()}
    element = ElementTree.SubElement(parent, tag, clean)
    element.text = _clean(text) or None
    return element


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
