"""Distance from 1 of the step-time ratio of two arms that compute the same.

    python -m tests.perf.aa_ratios FOLDER [TASK] [PROCESSES] [SECONDS]

Times the baseline beside a second copy of itself in that many fresh processes (what FOLDER already
has is not timed again), then takes 200 random fives of them: how many 95% intervals contain 1, and
how wide they are. Committed figures come from an otherwise idle machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bench.analysis.frames import step_times_frame
from bench.analysis.step_times import geometric_mean
from bench.cli.timing_progress import watch
from bench.plugins.registry import find
from bench.running.plan import plan
from bench.running.request import Request
from bench.running.timing_phase import TimingOptions, phase
from bench.storage.store import Store
from bench.tasks.task import Source

FIVES = 200
LEAST_COVERAGE = 0.85
MOST_HALF_WIDTH = 0.03


def main(folder: str, task: str = "cifar10", processes: int = 40, seconds: float = 5.0) -> bool:
    """Measure and print; return true if both targets are met."""
    request = Request(tasks=(task,), strategies=(), controls=True, name=Path(folder).name)
    study = plan(request, find(), Source()).study
    store = Store(Path(folder))
    with store.lock():
        if store.study() is None:
            store.write_study(study)
        options = TimingOptions(processes=processes, seconds=seconds, memory=False)
        phase(study, store, Source(), options, watch(quiet=False, as_json=False))
        frame = step_times_frame(store.step_times().step_times)
    ratios = frame["ratio"].to_numpy(dtype=float)
    coverage, half_width = of_random_fives(ratios)
    load = frame["load_average"].median()
    print(f"{len(ratios)} fresh processes, {task}, load average {load:.1f} when they began")
    print(f"A/A ratio: geometric mean {geometric_mean(ratios)[0]:.4f}, sd {ratios.std(ddof=1):.4f}")
    print(f"{FIVES} random fives: {coverage:.0%} of intervals contain 1 (>= {LEAST_COVERAGE:.0%})")
    print(f"median half-width {half_width:.2%} (<= {MOST_HALF_WIDTH:.0%})")
    return coverage >= LEAST_COVERAGE and half_width <= MOST_HALF_WIDTH


def of_random_fives(ratios: np.ndarray, fives: int = FIVES) -> tuple[float, float]:
    """Return (share of intervals that contain 1, median relative half-width) of ratios (processes,)."""
    random = np.random.default_rng(0)
    inside, widths = [], []
    for _ in range(fives):
        mean, low, high = geometric_mean(random.choice(ratios, size=5, replace=False))
        inside.append(low <= 1 <= high)
        widths.append((high - low) / 2 / mean)
    return float(np.mean(inside)), float(np.median(widths))


if __name__ == "__main__":
    typed = sys.argv[1:]
    numbers = [int(text) for text in typed[2:3]] + [float(text) for text in typed[3:]]
    sys.exit(0 if main(*typed[:2], *numbers) else 1)
