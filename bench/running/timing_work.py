"""What a worker does with an arm that is to be timed, or whose memory is to be measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core import environment
from bench.core.errors import BenchError
from bench.core.record import PeakMemory, StepTime
from bench.core.study import Arm, Study, Trial
from bench.running.training_work import TrainingWork
from bench.tasks.task import Source
from bench.timing.protocol import SECONDS, time_in_turn

if TYPE_CHECKING:
    from bench.timing.device import Device
    from bench.timing.stepper import Stepper

MEMORY_STEPS = 20
"""Steps over which the peak is taken, after as many for the warm-up."""


class TimingWork:
    """Times arms beside their references in one process; picklable until it has begun.

    A trial's number is here the process's and no seed: all that one object measures is one
    replicate. References stay traced from arm to arm, an arm's graph is let go with its trial.

    Args:
        study: gives settings, data and reference arms.
        source: where data comes from.
        plugins: files with further strategies and tasks.
        memory: (task, arm) -> peak memory in 10^6 bytes, measured in processes of their own.
        seconds: what the blocks of one arm and its reference may take.
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

    def __call__(self, trial: Trial) -> StepTime:
        study, arm, process = self.study, trial.arm, trial.seed
        if arm.reference is None:
            raise BenchError(f"arm {arm.name!r} has no reference to be timed beside")
        reference = study.arm(arm.task, arm.reference)
        theirs = self._reference(reference)
        ours = make_stepper(self._training, arm)
        from bench.timing.step_graph import kernel_notes, matrix_flops, step_graph

        load = environment.load_average()
        ours.reset(process, arm.streams)
        theirs.reset(process, reference.streams)
        measured = time_in_turn(ours, theirs, self.seconds)
        device = ours.device
        notes = [] if measured.settled else ["the step time had not settled when timing began"]
        if study.settings["xla"] and not self._training.registry.task(arm.task).xla:
            notes.append("XLA is off: the task's step cannot be compiled by it")
        return StepTime(
            study=study.name,
            task=arm.task,
            arm=arm.name,
            reference=reference.name,
            process=process,
            data=study.data[arm.task],
            synthetic=study.data[arm.task].startswith("synthetic:"),
            recipe=arm.recipe,
            settings={**study.settings, "device": device.name},
            block_steps=measured.block_steps,
            arm_ms=measured.arm_ms,
            reference_ms=measured.reference_ms,
            warm_up_steps=measured.warm_up_steps,
            first_step_seconds=ours.first_step_seconds,
            reference_first_step_seconds=theirs.first_step_seconds,
            peak_memory_mb=self.memory.get((arm.task, arm.name)),
            reference_peak_memory_mb=self.memory.get((arm.task, reference.name)),
            parameters=_parameters(ours),
            reference_parameters=_parameters(theirs),
            batch_size=arm.recipe["batch_size"],
            input_ms=self._input(theirs, arm.task),
            step_flops=matrix_flops(step_graph(ours.arm)),
            matrix_flops_per_second=self._matrix_rate(device),
            device=device.name,
            machine=environment.machine(device.name),
            load_average=load,
            environment=environment.describe(device.name),
            notes=(*notes, *kernel_notes(ours.arm, theirs.arm)),
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
    """Measures the peak memory of one arm's training, in a process that does nothing else."""

    def __init__(self, study: Study, source: Source, plugins: tuple[Path, ...] = ()) -> None:
        self._training = _training(study, source, plugins)

    def __call__(self, trial: Trial) -> PeakMemory:
        stepper = make_stepper(self._training, trial.arm)
        stepper(MEMORY_STEPS)
        stepper.device.reset_peak_memory()
        stepper(MEMORY_STEPS)
        return PeakMemory(
            task=trial.arm.task,
            arm=trial.arm.name,
            process=trial.seed,
            peak_memory_mb=stepper.device.peak_memory_mb(),
        )


def make_stepper(training: TrainingWork, arm: Arm) -> Stepper:
    """The arm compiled, and its first step done.

    Each has a graph of its own, also where two arms compute the same: an A/A ratio is between two.
    """
    compiled = training.compile(arm)
    from bench.timing.device import device_here
    from bench.timing.stepper import Stepper

    return Stepper(compiled, device_here())


def _training(study: Study, source: Source, plugins: tuple[Path, ...]) -> TrainingWork:
    settings: dict[str, Any] = study.settings
    return TrainingWork(study.name, source, study.data, settings, plugins)


def _parameters(stepper: Stepper) -> int:
    return sum(variable.shape.num_elements() for variable in stepper.arm.weights.trainable)
