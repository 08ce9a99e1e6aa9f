"""The work of a trial in a worker: train the arm and record it."""

from __future__ import annotations

import gc
import math
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core import environment
from bench.core.canonical import canonical_hash
from bench.core.errors import BenchError, UsageError
from bench.core.recipe import Recipe
from bench.core.record import Record, is_synthetic
from bench.core.strategy import Strategy, configured
from bench.core.study import Arm, OwnTask, Trial
from bench.plugins.own_tasks import absolute, with_own_tasks
from bench.plugins.registry import Registry, find
from bench.running.source_code import changed, code_of, was_edited
from bench.tasks.loading import load_data
from bench.tasks.task import Source, Task

if TYPE_CHECKING:
    from bench.training.compiled_arm import CompiledArm
    from bench.training.device_data import DeviceData
    from bench.training.trainer import Trainer

KEPT_DATA = 2
"""Number of data sets whose arrays a worker keeps on the device, beside those of traced arms."""
TRACED_ARMS = 24
"""Number of arms that a worker keeps traced; the least recently used ones make room."""
TRACED_BYTES = 2**30
"""Size of the variables of these arms together. A worker needs about three times as much for them."""


class TrainingWork:
    """A function that trains trials in one process; it can be pickled until its first call.

    Args:
        study: name of the study.
        source: source of the data.
        data: task -> identity of its data; other data is refused.
        settings: precision and XLA.
        plugins: files with further strategies and tasks.
        own_tasks: tasks by address, by name.
        checkpoints: folder for the state of long trials; None for no checkpoints.
    """

    def __init__(
        self,
        study: str,
        source: Source,
        data: dict[str, str],
        settings: dict[str, Any],
        plugins: tuple[Path, ...] = (),
        checkpoints: Path | None = None,
        own_tasks: Mapping[str, OwnTask] | None = None,
    ) -> None:
        self.study, self.source, self.data = study, source, data
        self.settings, self.plugins, self.checkpoints = settings, plugins, checkpoints
        self.own_tasks = {name: absolute(own) for name, own in (own_tasks or {}).items()}
        self._registry: Registry | None = None
        self._threads: int | None = None
        self._arrays: OrderedDict[tuple[str, str], DeviceData] = OrderedDict()
        self._trainers: OrderedDict[str, Trainer] = OrderedDict()

    def __call__(self, trial: Trial) -> Record:
        from bench.timing.step_graph import matrix_flops, step_graph
        from bench.training.checkpoint import Checkpoint

        arm = trial.arm
        code = self.code(arm)
        trainer = self._trainer(arm)
        device = environment.device()
        checkpoint = None
        if self.checkpoints is not None:
            identity = canonical_hash(
                [arm.model_dump_json(), trial.seed, self.settings, environment.software()], 64
            )
            checkpoint = Checkpoint(self.checkpoints / f"{trial.name}.npz", identity)
        result = trainer.run(trial.seed, arm.streams, checkpoint)
        return Record(
            study=self.study,
            task=arm.task,
            arm=arm.name,
            seed=trial.seed,
            status=result.status,
            classes=self.registry.task(arm.task).facts.classes,
            data=self.data[arm.task],
            synthetic=is_synthetic(self.data[arm.task]),
            recipe=arm.recipe,
            settings={**self.settings, "device": device},
            strategies=arm.strategies,
            streams=arm.streams,
            hashes=result.hashes,
            curve=result.curve,
            steps=result.steps,
            examples=result.steps * arm.recipe["batch_size"],
            final=result.final,
            other_statistics=result.other_statistics,
            predictions=result.predictions,
            parameters=result.parameters,
            step_flops=matrix_flops(step_graph(trainer.arm)),
            trace_seconds=result.trace_seconds,
            train_seconds=result.train_seconds,
            evaluation_seconds=result.evaluation_seconds,
            environment=environment.describe(device),
            facts={**result.facts, **_data_facts(trainer)},
            code=code,
        )

    @property
    def registry(self) -> Registry:
        """All strategies and tasks, read once in a process."""
        if self._registry is None:
            self._registry = with_own_tasks(find(self.plugins), self.own_tasks, self.source)
        return self._registry

    def code(self, arm: Arm) -> dict[str, str]:
        """Return the hashes of an arm's code as this process has it.

        Raises:
            BenchError: it is not the code with which the study was requested.
        """
        code = code_of(arm.task, arm.strategies, self.registry)
        if names := changed(arm.code, code):
            raise BenchError(f"{was_edited(names)} while the study ran; run the same command again")
        return code

    def strategies(self, arm: Arm) -> list[Strategy]:
        """Make the arm's strategies, with its parameters."""
        uses = arm.strategies
        return [configured(self.registry.strategy(use.name), use.parameters) for use in uses]

    def _use_threads(self, count: int) -> None:
        """Start TensorFlow with the trial's share of the machine, before its first operation."""
        if self._threads is None:
            start_tensorflow(count)
            self._threads = count
        elif self._threads != count:
            raise UsageError("recipe.threads is one number for all arms of a study")

    def compile(self, arm: Arm) -> CompiledArm:
        """Make the arm on its data, not yet traced, in a process with the arm's threads."""
        from bench.training.compiled_arm import CompiledArm, Settings

        self._use_threads(arm.recipe["threads"])
        task = self.registry.task(arm.task)
        recipe = type(next(iter(task.profiles.values()))).stored(arm.recipe)
        xla = bool(self.settings["xla"]) and task.allows_xla(recipe)
        settings = Settings(self.settings["precision"], xla)
        data = self._device_data(arm, task, recipe)
        return CompiledArm(task, self.strategies(arm), recipe, settings, data)

    def _trainer(self, arm: Arm) -> Trainer:
        """Return the trainer of an arm, traced already or not."""
        from bench.training.trainer import Trainer

        key = canonical_hash(arm.model_dump(mode="json", include={"task", "recipe", "strategies"}))
        if key not in self._trainers:
            self._trainers[key] = Trainer(self.compile(arm))
            self._make_room()
        self._trainers.move_to_end(key)
        return self._trainers[key]

    def _make_room(self) -> None:
        """Forget the least recently used arms beyond the limits; the newest one stays."""

        def size() -> int:
            return sum(variable_bytes(trainer.arm) for trainer in self._trainers.values())

        forgotten = False
        while len(self._trainers) > 1 and (
            len(self._trainers) > TRACED_ARMS or size() > TRACED_BYTES
        ):
            self._trainers.popitem(last=False)
            forgotten = True
        if forgotten:
            gc.collect()  # An arm is full of cycles, and a few objects hold hundreds of megabytes.

    def _device_data(self, arm: Arm, task: Task, recipe: Recipe) -> DeviceData:
        """Return the arm's arrays on the device; arms with equal arrays share one copy."""
        from bench.training.device_data import DeviceData, drawing

        data = task.identify(self.source).name
        if data != self.data[arm.task]:
            raise BenchError(
                f"the data of {arm.task} is {data} and the study's is {self.data[arm.task]}"
            )
        subset = load_data(task, recipe, self.source)
        key = (arm.task, subset.pool_digest)
        if key not in self._arrays:
            self._arrays[key] = DeviceData.of(subset, recipe.resample)
            if len(self._arrays) > KEPT_DATA:
                self._arrays.popitem(last=False)
        self._arrays.move_to_end(key)
        return self._arrays[key]._replace(draw=drawing(subset, recipe.resample))


def variable_bytes(arm: CompiledArm) -> int:
    """Return the size of all variables that an arm's training changes."""
    return sum(variable.dtype.size * math.prod(variable.shape) for variable in arm.variables())


def _data_facts(trainer: Trainer) -> dict[str, Any]:
    """Return the changes of the data when it was loaded, for a record."""
    return {"data": dict(trainer.data.facts)} if trainer.data.facts else {}


def start_tensorflow(threads: int) -> None:
    """Import TensorFlow with some threads. GPU memory is allocated as it is needed."""
    environment.quiet_tensorflow()
    import keras  # noqa: F401
    import tensorflow as tf

    gc.freeze()  # 400,000 objects stay for good: without them a collection takes a tenth of the time.
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if not gpus:
        # This rewrite gives each tracing of a function another order of operations. On a CPU the order
        # changes the time of a step by some percent, and blocks cannot tell that from an effect.
        tf.config.optimizer.set_experimental_options({"dependency_optimization": False})
