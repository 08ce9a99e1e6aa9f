"""A comparison as JUnit XML: a test case for each finding, so that a CI lists them by itself."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bench.report.export.compared import Compared, Finding, findings, summary

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(compared: Compared) -> str:
    """Regressed is a failure, incomparable is skipped, all else passes."""
    found = list(findings(compared.comparison))
    failures = sum(finding.verdict == "regressed" for finding in found)
    skipped = sum(finding.verdict == "incomparable" for finding in found)
    counts = {"tests": str(len(found)), "failures": str(failures), "errors": "0"}
    name = f"bench compare {compared.comparison.base} {compared.comparison.new}"
    root = ElementTree.Element("testsuites", _clean(counts))
    suite = ElementTree.SubElement(
        root, "testsuite", _clean({"name": name, **counts, "skipped": str(skipped)})
    )
    for finding in found:
        _case(suite, finding)
    ElementTree.SubElement(suite, "system-out").text = _text(summary(compared.comparison))
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    where = {"classname": f"bench.{finding.task}", "name": finding.what, "time": "0"}
    case = ElementTree.SubElement(suite, "testcase", _clean(where))
    told = "  ".join(
        part
        for part in (
            finding.verdict,
            finding.change,
            finding.values,
            finding.evidence,
            finding.reason,
        )
        if part
    )
    if finding.verdict == "regressed":
        message = f"{finding.what} {finding.change}"
        failure = ElementTree.SubElement(
            case, "failure", _clean({"message": message, "type": "regressed"})
        )
        failure.text = _text(told)
    elif finding.verdict == "incomparable":
        ElementTree.SubElement(case, "skipped", _clean({"message": finding.reason}))
    else:
        ElementTree.SubElement(case, "system-out").text = _text(told)


def _clean(attributes: dict[str, str]) -> dict[str, str]:
    return {key: _text(value) for key, value in attributes.items()}


def _text(value: str) -> str:
    """Without the characters that XML cannot hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
