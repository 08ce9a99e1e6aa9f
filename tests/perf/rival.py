"""Wall time of a study against the script a user would write (`tests.perf.rival_script`).

    python -m tests.perf.rival [TASK] [PROFILE] [SEEDS]

Both start a process of their own on the same cached arrays, train the same arms and seeds as long and
evaluate as often; the suite also writes its records, tables, plots and page. Needs an idle machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.plugins.registry import find
from bench.tasks.task import Source

STRATEGIES = "batch_norm,label_smoothing"
MOST = {"cifar10": 0.9, "imdb": 0.7}
"""Share of the rival's wall time, with two cores."""


def main(task: str = "cifar10", profile: str = "quick", seeds: str = "3") -> bool:
    """Print the ratio; return true if the target is met."""
    known = find().task(task)
    known.load(known.recipe(profile), Source())  # both find the arrays cached
    script = ["-m", "tests.perf.rival_script", task, profile, seeds, f"baseline,{STRATEGIES}"]
    theirs = seconds(script)
    with tempfile.TemporaryDirectory() as folder:
        study = ["-m", "bench.cli.main", "run", "--tasks", task, "--profile", profile]
        study += [
            "--seeds",
            seeds,
            "--first-seed",
            "0",
            "--strategies",
            STRATEGIES,
            "--no-step-times",
        ]
        ours = seconds([*study, "--results", folder, "--quiet"])
        written = list(Path(folder).glob("*/trials/*.json"))
    expected = int(seeds) * (1 + len(STRATEGIES.split(",")))
    assert len(written) == expected, f"{len(written)} of {expected} trials were recorded"
    print(f"{task} {profile}, {expected} trials, {os.cpu_count()} cores")
    print(f"bench run {ours:.1f} s, model.fit in a loop {theirs:.1f} s")
    print(f"ratio {ours / theirs:.3f} (at most {MOST[task]})")
    return ours / theirs <= MOST[task]


def seconds(arguments: list[str]) -> float:
    """Return the wall time of a Python process."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("OMP_NUM_THREADS", None)
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, env=environment)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
