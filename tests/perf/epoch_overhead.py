"""A compiled epoch beside a bare hand-written step and beside `model.fit`.

    python -m tests.perf.epoch_overhead [TASK] [PROFILE] [SECONDS]

All three train the same network with the same optimizer on the same batches, timed in turn in one
process (`bench.timing.protocol`). The bare step gets ready-made float batches and does nothing but
forward, backward and update: what the compiled epoch adds to it is shuffling, gathering, decoding,
the schedule, random streams and the checks.
"""

from __future__ import annotations

import sys
from statistics import median

from bench.core.record import paired_ratio
from bench.plugins.registry import find
from bench.running.training_work import start_tensorflow
from bench.tasks.task import Source
from bench.timing.protocol import Steps, block_steps_for, interleaved, warm_up

MOST = 1.03
"""Largest cost of a compiled step, as a multiple of a bare one."""


def main(task_name: str = "cifar10", profile: str = "quick", seconds: float = 20.0) -> bool:
    """Print both ratios; return true if both targets are met."""
    task = find().task(task_name)
    recipe = task.recipe(profile)
    start_tensorflow(recipe.threads)
    from bench.timing.device import device_here
    from bench.timing.stepper import Stepper
    from bench.training.compiled_arm import CompiledArm, Settings
    from bench.training.device_data import DeviceData
    from tests.perf.rivals import BareStep, Fit

    data = DeviceData.of(task.load(recipe, Source()), recipe.resample)
    device = device_here()

    def arm() -> CompiledArm:
        return CompiledArm(task, [], recipe, Settings(), data)

    compiled = Stepper(arm(), device)
    against_bare = measured(compiled, BareStep(arm(), device), seconds)
    fit = Fit(arm(), device)
    against_fit = measured(compiled, fit, seconds, fit.steps_a_call)
    print(f"{task_name} {profile}, {device.name}, {recipe.threads} thread(s)")
    print(f"compiled epoch / bare step: {against_bare:.3f} (at most {MOST})")
    print(f"compiled epoch / model.fit: {against_fit:.3f} (below 1)")
    return against_bare <= MOST and against_fit < 1


def measured(ours: Steps, theirs: Steps, seconds: float, block_steps: int | None = None) -> float:
    """Return the median ratio of neighboring blocks."""
    warm, other = warm_up(ours), warm_up(theirs)
    block_steps = block_steps or block_steps_for(warm, other)
    times = interleaved(ours, theirs, block_steps, seconds)
    print(f"  {median(times[0]):.3f} ms against {median(times[1]):.3f} ms, {len(times[0])} pairs")
    return paired_ratio(*times)


if __name__ == "__main__":
    typed = sys.argv[1:]
    sys.exit(0 if main(*typed[:2], *(float(text) for text in typed[2:])) else 1)
