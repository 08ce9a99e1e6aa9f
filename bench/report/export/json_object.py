"""A comparison as one JSON object, for other programs."""

from __future__ import annotations

import json
import math
from typing import Any

from bench.report.export.compared import Compared, summary


def render(compared: Compared) -> str:
    """Write the findings in the unit of their tests: percent or points, missing numbers as null."""
    comparison = compared.comparison
    rows: list[Any] = comparison.findings.to_dict("records")
    content = {
        "base": comparison.base,
        "new": comparison.new,
        "data": comparison.data,
        "synthetic": comparison.synthetic,
        "treatment": comparison.treatment,
        "minimums": dict(comparison.minimums),
        "summary": summary(comparison),
        "exit_code": comparison.exit_code(),
        "advice": comparison.advice,
        "findings": [{key: _plain(value) for key, value in row.items()} for row in rows],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
