"""The workers of trainings: what they are, how many, and how long they stay."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

from bench.core.environment import cores
from bench.core.errors import UsageError, unknown
from bench.core.study import Trial
from bench.running.executors.executor import Executor
from bench.storage.store import Store
from bench.tasks.task import Source

EXECUTORS = ("local", "ray")


class TrainingOptions(NamedTuple):
    """Options of running a study. None of them changes a measurement."""

    source: Source = Source()
    plugins: tuple[Path, ...] = ()
    jobs: int | None = None
    """Trials side by side; None for as many as fit on this machine or cluster."""
    executor: str = "local"
    address: str | None = None
    gpus_per_trial: float = 0.0
    time_limit: float | None = None
    """Seconds that a trial may run."""
    retry_failed: bool = False
    deadline: float | None = None
    """Reading of `time.monotonic` after which no trial starts."""


def check_training(options: TrainingOptions) -> None:
    """Refuse options of a training that no executor can follow, before anything is written.

    Raises:
        UsageError: there is one.
    """
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs is {options.jobs}; it is at least 1")
    if options.executor not in EXECUTORS:
        raise unknown("executor", options.executor, EXECUTORS)
    if options.executor == "ray":
        if importlib.util.find_spec("ray") is None:
            raise UsageError("--executor ray needs Ray: pip install '.[ray]'")
        return
    for option, given in (
        ("--address", options.address is not None),
        ("--gpus-per-trial", options.gpus_per_trial != 0),
    ):
        if given:
            raise UsageError(f"{option} is for --executor ray only; add that, or leave it out")


class Workers:
    """The executor of one training after another; it stays while their options and folder do.

    So its workers start once, and trace an arm once. The end of the context ends them.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._executor: Executor | None = None
        self._made_of: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    def executor(self, options: TrainingOptions, store: Store, trials: Sequence[Trial]) -> Executor:
        """Return the executor of some trials.

        Raises:
            UsageError: the executor does not exist, or is Ray and Ray is not installed; or the trials
                have different numbers of threads.
        """
        threads = _threads(trials)
        made_of = (options._replace(deadline=None), store.folder, threads)
        if self._executor is None or made_of != self._made_of:
            self.release()
            self._executor = self._open.enter_context(_executor(options, store, threads))
            self._made_of = made_of
        return self._executor

    @property
    def waiting(self) -> bool:
        """True if workers wait for another training."""
        return self._executor is not None and self._executor.has_workers

    def release(self) -> None:
        """End the workers; the next training starts others."""
        self._executor = None
        self._open.close()


def _threads(trials: Sequence[Trial]) -> int:
    threads = {int(trial.arm.recipe["threads"]) for trial in trials}
    if len(threads) > 1:
        raise UsageError("recipe.threads is one number for all arms of a study")
    return threads.pop()


def _executor(options: TrainingOptions, store: Store, threads: int) -> Executor:
    check_training(options)
    environment = {"OMP_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "2"}
    if options.executor == "ray":
        from bench.running.executors.ray import RayExecutor

        return RayExecutor(
            jobs=options.jobs,
            address=options.address,
            gpus_per_trial=options.gpus_per_trial,
            cpus_per_trial=threads,
            time_limit=options.time_limit,
            environment=environment,
        )
    from bench.running.executors.local import LocalExecutor

    jobs = side_by_side(options, threads)
    return LocalExecutor(jobs, options.time_limit, environment, log_folder=store.folder / "logs")


def side_by_side(options: TrainingOptions, threads: int) -> int:
    """Count the trials of so many threads that run side by side on this machine; 1 on a GPU."""
    if options.jobs is not None:
        return options.jobs
    return 1 if has_gpu_driver() else max(1, cores() // threads)


def has_gpu_driver() -> bool:
    """Return true if a GPU's driver is installed; do not import TensorFlow."""
    return shutil.which("nvidia-smi") is not None
