"""What a worker does with a trial: train it and record it."""

from __future__ import annotations

import json
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core import environment
from bench.core.errors import BenchError, UsageError
from bench.core.record import Record
from bench.core.strategy import Strategy, configured
from bench.core.study import Arm, Trial
from bench.plugins.registry import Registry, find
from bench.tasks.task import Source

if TYPE_CHECKING:
    from bench.training.compiled_arm import CompiledArm
    from bench.training.device_data import DeviceData
    from bench.training.trainer import Trainer

TRACED_ARMS = 24
"""Arms that a worker keeps traced; the one used longest ago makes room."""


class TrainingWork:
    """Trains trials in one process; picklable until it has begun.

    Args:
        study: the study's name.
        source: where data comes from.
        data: task -> identity of its data; other data is refused.
        settings: precision and XLA.
        plugins: files with further strategies and tasks.
        checkpoints: folder for the state of long trials; None for none.
    """

    def __init__(
        self,
        study: str,
        source: Source,
        data: dict[str, str],
        settings: dict[str, Any],
        plugins: tuple[Path, ...] = (),
        checkpoints: Path | None = None,
    ) -> None:
        self.study, self.source, self.data = study, source, data
        self.settings, self.plugins, self.checkpoints = settings, plugins, checkpoints
        self._registry: Registry | None = None
        self._threads: int | None = None
        self._data: dict[str, DeviceData] = {}
        self._trainers: OrderedDict[str, Trainer] = OrderedDict()

    def __call__(self, trial: Trial) -> Record:
        from bench.training.checkpoint import Checkpoint

        arm = trial.arm
        trainer = self._trainer(arm)
        device = environment.device()
        checkpoint = None
        if self.checkpoints is not None:
            what = [arm.model_dump_json(), trial.seed, self.settings, environment.software()]
            identity = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
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
            synthetic=self.data[arm.task].startswith("synthetic:"),
            recipe=arm.recipe,
            settings={**self.settings, "device": device},
            strategies=arm.strategies,
            streams=arm.streams,
            hashes=result.hashes,
            curve=result.curve,
            steps=result.steps,
            examples=result.steps * arm.recipe["batch_size"],
            final=result.final,
            parameters=result.parameters,
            trace_seconds=result.trace_seconds,
            train_seconds=result.train_seconds,
            evaluation_seconds=result.evaluation_seconds,
            environment=environment.describe(device),
            facts=result.facts,
        )

    @property
    def registry(self) -> Registry:
        if self._registry is None:
            self._registry = find(self.plugins)
        return self._registry

    def strategies(self, arm: Arm) -> list[Strategy]:
        """The arm's strategies, with its parameters."""
        uses = arm.strategies
        return [configured(self.registry.strategy(use.name), use.parameters) for use in uses]

    def _use_threads(self, count: int) -> None:
        """The trial's share of the machine, set before TensorFlow's first operation."""
        if self._threads is None:
            start_tensorflow(count)
            self._threads = count
        elif self._threads != count:
            raise UsageError("recipe.threads is one number for all arms of a study")

    def compile(self, arm: Arm) -> CompiledArm:
        """The arm on its data, not yet traced, in a process that has the arm's threads."""
        from bench.training.compiled_arm import CompiledArm, Settings

        self._use_threads(arm.recipe["threads"])
        task = self.registry.task(arm.task)
        recipe = type(task.recipe(next(iter(task.profiles)))).model_validate(arm.recipe)
        settings = Settings(self.settings["precision"], bool(self.settings["xla"]) and task.xla)
        data = self._device_data(arm, recipe)
        return CompiledArm(task, self.strategies(arm), recipe, settings, data)

    def _trainer(self, arm: Arm) -> Trainer:
        """The traced arm, from the ones kept where it is there."""
        from bench.training.trainer import Trainer

        parts = [arm.task, arm.recipe, [use.model_dump() for use in arm.strategies]]
        key = json.dumps(parts, sort_keys=True)
        if key not in self._trainers:
            self._trainers[key] = Trainer(self.compile(arm))
            if len(self._trainers) > TRACED_ARMS:
                self._trainers.popitem(last=False)
        self._trainers.move_to_end(key)
        return self._trainers[key]

    def _device_data(self, arm: Arm, recipe: Any) -> DeviceData:
        """The arm's arrays; read once for all arms whose recipes agree on the data."""
        from bench.training.device_data import DeviceData

        task = self.registry.task(arm.task)
        found = task.identify(self.source).name
        if found != self.data[arm.task]:
            raise BenchError(
                f"the data of {arm.task} is {found} and the study's is {self.data[arm.task]}"
            )
        key = json.dumps([arm.task, arm.recipe], sort_keys=True)
        if key not in self._data:
            self._data[key] = DeviceData.of(task.load(recipe, self.source))
        return self._data[key]


def start_tensorflow(threads: int) -> None:
    """Import TensorFlow with this many threads; GPU memory is taken as it is needed."""
    environment.quiet_tensorflow()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if not gpus:
        # This rewrite orders a graph's operations anew at each tracing, and on a CPU the order decides
        # some percent of a step: of two tracings of one function, which no number of blocks tells
        # apart from a difference of the arms.
        tf.config.optimizer.set_experimental_options({"dependency_optimization": False})
