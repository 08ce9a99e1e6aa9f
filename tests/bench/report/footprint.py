"""Cost of the report of a large study, in a process that does nothing else.

    python -m tests.bench.report.footprint FOLDER

Prints JSON: seconds of processor time, size of the page in bytes, peak resident memory in 10^6 bytes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.report.report import write_report
from bench.timing.resident_memory import peak_resident_mb
from tests.bench.report.cards import CARDS
from tests.bench.report.study_factory import Plan, make, many

STRATEGIES = 50


def main(folder: Path) -> None:
    made = make(Plan(arms=many(STRATEGIES)))
    start = time.process_time()
    paths = write_report(made.study, made.records, made.step_times, folder, CARDS)
    taken = {
        "seconds": time.process_time() - start,
        "page_bytes": paths.page.stat().st_size,
        "peak_mb": peak_resident_mb(),
        "problems": paths.problems,
    }
    print(json.dumps(taken))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
