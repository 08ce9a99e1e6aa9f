"""The work of a timing in a worker: time an arm beside its reference, or measure its memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core import environment
from bench.core.errors import BenchError
from bench.core.record import PeakMemory, StepTime, is_synthetic
from bench.core.study import Arm, Study, Timing
from bench.running.training_work import TrainingWork
from bench.tasks.task import Source
from bench.timing.protocol import SECONDS, time_in_turn

if TYPE_CHECKING:
    from bench.timing.device import Device
    from bench.timing.stepper import Stepper

MEMORY_STEPS = 20
"""Steps for the peak of memory, after as many steps of warm-up."""


class TimingWork:
    """A function that times arms beside their references; it can be pickled until its first call.

    All measurements of one process are one replicate. References stay traced from arm to arm; the
    graph of an arm is released after its timing.

    Args:
        study: study with the settings, the data and the reference arms.
        source: source of the data.
        plugins: files with further strategies and tasks.
        memory: (task, arm) -> peak memory in 10^6 bytes, measured in separate processes.
        seconds: time for the blocks of one arm and its reference.
    """

    def __init__(
        self,
        study: Study,
        source: Source,
        plugins: tuple[Path, ...] = (),
        memory: Mapping[tuple[str, str], float | None] | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.study, self.seconds = study, seconds
        self.memory = dict(memory or {})
        self._training = _training(study, source, plugins)
        self._references: dict[tuple[str, str], Stepper] = {}
        self._input_ms: dict[str, float] = {}
        self._rate: float | None = None

    def __call__(self, timing: Timing) -> StepTime:
        study, arm, process = self.study, timing.arm, timing.process
        if arm.reference is None:
            raise BenchError(f"arm {arm.name!r} has no reference to be timed beside")
        reference = study.arm(arm.task, arm.reference)
        code = self._training.code(arm)
        beside = self._reference(reference)
        stepper = make_stepper(self._training, arm)
        from bench.timing.step_graph import kernel_notes, matrix_flops, step_graph

        load = environment.load_average()
        started = datetime.now(UTC).isoformat(timespec="microseconds")
        stepper.reset(process, arm.streams)
        beside.reset(process, reference.streams)
        measured = time_in_turn(stepper, beside, self.seconds)
        device = stepper.device
        notes = [] if measured.settled else ["the step time had not settled when timing began"]
        if study.settings["xla"] and not stepper.arm.settings.xla:
            notes.append("XLA is off: the task's step cannot be compiled by it")
        return StepTime(
            study=study.name,
            task=arm.task,
            arm=arm.name,
            reference=reference.name,
            process=process,
            data=study.data[arm.task],
            synthetic=is_synthetic(study.data[arm.task]),
            recipe=arm.recipe,
            settings={**study.settings, "device": device.name},
            block_steps=measured.block_steps,
            arm_ms=measured.arm_ms,
            reference_ms=measured.reference_ms,
            warm_up_steps=measured.warm_up_steps,
            first_step_seconds=stepper.first_step_seconds,
            reference_first_step_seconds=beside.first_step_seconds,
            peak_memory_mb=self.memory.get((arm.task, arm.name)),
            reference_peak_memory_mb=self.memory.get((arm.task, reference.name)),
            parameters=_parameters(stepper),
            reference_parameters=_parameters(beside),
            batch_size=arm.recipe["batch_size"],
            input_ms=self._input(beside, arm.task),
            step_flops=matrix_flops(step_graph(stepper.arm)),
            matrix_flops_per_second=self._matrix_rate(device),
            device=device.name,
            machine=environment.machine(device.name),
            load_average=load,
            started=started,
            environment=environment.describe(device.name),
            notes=(*notes, *kernel_notes(stepper.arm, beside.arm)),
            code=code,
        )

    def _reference(self, reference: Arm) -> Stepper:
        key = (reference.task, reference.name)
        if key not in self._references:
            self._references[key] = make_stepper(self._training, reference)
        return self._references[key]

    def _input(self, stepper: Stepper, task: str) -> float:
        from bench.timing.stepper import input_ms

        if task not in self._input_ms:
            self._input_ms[task] = input_ms(stepper.arm, stepper.device)
        return self._input_ms[task]

    def _matrix_rate(self, device: Device) -> float:
        from bench.timing.matrix_rate import matrix_rate

        if self._rate is None:
            self._rate = matrix_rate(device, self.study.settings["precision"])
        return self._rate


class MemoryWork:
    """A function that measures the peak memory of one arm, in a process for this arm only."""

    def __init__(self, study: Study, source: Source, plugins: tuple[Path, ...] = ()) -> None:
        self._training = _training(study, source, plugins)

    def __call__(self, timing: Timing) -> PeakMemory:
        stepper = make_stepper(self._training, timing.arm)
        stepper(MEMORY_STEPS)
        stepper.device.reset_peak_memory()
        stepper(MEMORY_STEPS)
        return PeakMemory(
            task=timing.arm.task,
            arm=timing.arm.name,
            process=timing.process,
            peak_memory_mb=stepper.device.peak_memory_mb(),
        )


def make_stepper(training: TrainingWork, arm: Arm) -> Stepper:
    """Compile an arm and run its first step.

    Each call makes a new graph, even for equal arms, because an A/A ratio compares two graphs.
    """
    compiled = training.compile(arm)
    from bench.timing.device import device_here
    from bench.timing.stepper import Stepper

    return Stepper(compiled, device_here())


def _training(study: Study, source: Source, plugins: tuple[Path, ...]) -> TrainingWork:
    settings: dict[str, Any] = study.settings
    return TrainingWork(
        study.name, source, study.data, settings, plugins, own_tasks=study.own_tasks
    )


def _parameters(stepper: Stepper) -> int:
    return sum(variable.shape.num_elements() for variable in stepper.arm.weights.trainable)
