"""Training steps in processes that keep freed memory, beside steps in processes that do not.

    python -m tests.perf.kept_memory [TASK] [PROFILE] [BASE] [SECONDS] [PROCESSES]

Fresh processes in turn, one thread each, on the data at hand. Prints milliseconds and page faults of a
step, and the ratio of the steps.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from statistics import median

from bench.core.allocator import keep_freed_memory
from bench.core.environment import quiet_tensorflow
from bench.core.record import paired_ratio
from bench.plugins.registry import find

MOST = 1.02
"""Largest cost of a step with kept memory, as a multiple of the other."""


def step(task_name: str, profile: str, base: str, seconds: float, keeps: bool) -> None:
    """Print milliseconds and minor page faults of a training step in this process."""
    if keeps:
        keep_freed_memory()
    quiet_tensorflow()
    from bench.running.training_work import start_tensorflow

    start_tensorflow(1)
    from bench.tasks.task import Source
    from bench.timing.device import device_here
    from bench.timing.stepper import Stepper
    from bench.training.compiled_arm import CompiledArm, Settings
    from bench.training.device_data import DeviceData

    registry = find()
    task, values = registry.task(task_name), registry.preset_values([base])
    strategies = [registry.strategy(n)(**values.get(n, {})) for n in registry.stacks([base])]
    recipe = task.recipe(profile)
    data = DeviceData.of(task.load(recipe, Source()), recipe.resample)
    stepper = Stepper(CompiledArm(task, strategies, recipe, Settings(), data), device_here())
    count = max(1, round(seconds / stepper(2) * 2))
    stepper(count)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.perf_counter()
    stepper(count)
    passed = time.perf_counter() - start
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    print(1000 * passed / count, faults / count)


def measured(asked: list[str], keeps: bool) -> tuple[float, float]:
    """Return milliseconds and page faults of a step in a fresh process."""
    command = [sys.executable, "-m", "tests.perf.kept_memory", *asked, "step", str(int(keeps))]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    milliseconds, faults = map(float, told.split()[-2:])
    return milliseconds, faults


def main(
    task: str = "imdb", profile: str = "strong", base: str = "strong_text",
    seconds: str = "5", processes: str = "3",
) -> None:  # fmt: skip
    """Compare both kinds of processes, A B B A.

    Raises:
        SystemExit: kept memory makes a step slower.
    """
    asked, kept, plain = [task, profile, base, seconds], [], []
    for number in range(int(processes)):
        for keeps in (True, False) if number % 2 else (False, True):
            (kept if keeps else plain).append(measured(asked, keeps))
    ratio = paired_ratio([ms for ms, _ in kept], [ms for ms, _ in plain])
    for name, sample in (("kept", kept), ("given back", plain)):
        ms, faults = (median(values) for values in zip(*sample, strict=True))
        print(f"{name:<11}{ms:8.1f} ms and {faults:8.0f} page faults a step")
    print(f"kept / given back: {ratio:.2f}")
    if ratio > MOST:
        raise SystemExit(f"a step with kept memory takes more than {MOST} of the other")


if __name__ == "__main__":
    if "step" in sys.argv:
        task, profile, base, seconds, _, keeps = sys.argv[1:]
        step(task, profile, base, float(seconds), keeps == "1")
    else:
        main(*sys.argv[1:])
