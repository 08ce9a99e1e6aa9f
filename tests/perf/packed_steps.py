"""Several trials of one arm at once: in one graph, in processes side by side, or one after another.

    python -m tests.perf.packed_steps [TASK] [PROFILE] [COPIES] [SECONDS] [STRATEGY,...]

Prints the steps a second of all trials together, as a multiple of one trial that has the machine to
itself. Each way runs twice, in the order A B C C B A. `TF_XLA=1` compiles the steps by XLA.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from typing import Any

from bench.core.environment import quiet_tensorflow
from bench.plugins.registry import find
from bench.running.training_work import start_tensorflow
from bench.tasks.task import Source

STEPS = 20


def stepping(task_name: str, profile: str, names: list[str], copies: int) -> Callable[[], Any]:
    """Return a call that runs `STEPS` steps of each of several trials, in one graph."""
    import tensorflow as tf

    from bench.training.compiled_arm import CompiledArm, Settings
    from bench.training.device_data import DeviceData

    registry = find()
    task = registry.task(task_name)
    recipe = task.recipe(profile)
    data = DeviceData.of(task.load(recipe, Source()), recipe.resample)
    settings = Settings(xla=os.environ.get("TF_XLA") == "1")
    strategies = [registry.strategy(name) for name in names]
    arms = [
        CompiledArm(task, [s() for s in strategies], recipe, settings, data) for _ in range(copies)
    ]
    for seed, arm in enumerate(arms):
        arm.reset(seed)
    first, count = tf.constant(0), tf.constant(STEPS)

    @tf.function(autograph=False)
    def together() -> list[tf.Tensor]:
        """Train all copies; return their objectives."""
        return [arm.train_steps(first, count)[0] for arm in arms]

    return lambda: [float(total) for total in together()]


def measured(
    asked: tuple[str, str, list[str]], copies: int, threads: int, seconds: float, start: Barrier,
    answers: Any,
) -> None:  # fmt: skip
    """Put the steps a second of all copies in a process on a queue; processes begin together."""
    quiet_tensorflow()
    start_tensorflow(threads)
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(copies)
    step = stepping(*asked, copies)
    step()
    start.wait()
    begin, calls = time.perf_counter(), 0
    while time.perf_counter() < begin + seconds:
        step()
        calls += 1
    answers.put(calls * STEPS * copies / (time.perf_counter() - begin))


def rate(
    asked: tuple[str, str, list[str]], processes: int, copies: int, threads: int, seconds: float
) -> float:
    """Return the steps a second of all trials together."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(processes), context.Queue()
    given = (asked, copies, threads, seconds, start, answers)
    running = [context.Process(target=measured, args=given) for _ in range(processes)]
    for process in running:
        process.start()
    total = sum(answers.get() for _ in running)
    for process in running:
        process.join()
    return float(total)


def main(
    task: str = "cifar10", profile: str = "quick", copies: int = 2, seconds: float = 10.0,
    names: str = "",
) -> None:  # fmt: skip
    """Print what each way gives."""
    cores = len(os.sched_getaffinity(0))
    each = max(cores // copies, 1)
    asked = (task, profile, [name for name in names.split(",") if name])
    ways = {
        "one trial": (1, 1, cores),
        f"{copies} in one graph": (1, copies, each),
        f"{copies} in processes": (copies, 1, each),
    }
    order = [*ways, *reversed(ways)]
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for name in order:
        rates[name].append(rate(asked, *ways[name], seconds))
    alone = sum(rates["one trial"])
    for name, found in rates.items():
        print(
            f"{name:<20}{sum(found) / 2:8.1f} steps/s together, {sum(found) / alone:.2f} of one trial"
        )


if __name__ == "__main__":
    typed = sys.argv[1:]
    main(*typed[:2], *(int(a) for a in typed[2:3]), *(float(a) for a in typed[3:4]), *typed[4:5])
