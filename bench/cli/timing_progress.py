"""What is seen while step times are measured: plain lines or JSON lines."""

from __future__ import annotations

import json
import sys
from statistics import median

from bench.core.record import PeakMemory, StepTime
from bench.running.executors.executor import Outcome
from bench.running.timing_phase import TimingWatch


class LineWatch(TimingWatch):
    """A line on stderr for each measurement."""

    total = done = 0

    def planned(self, memory: int, timings: int) -> None:
        self.total = memory + timings

    def waiting(self, reason: str) -> None:
        print(reason, file=sys.stderr, flush=True)

    def ended(self, outcome: Outcome[StepTime] | Outcome[PeakMemory]) -> None:
        self.done += 1
        print(f"{self.done}/{self.total} {describe(outcome)}", file=sys.stderr, flush=True)


class JsonWatch(TimingWatch):
    """A JSON object on stdout for each step time."""

    def ended(self, outcome: Outcome[StepTime] | Outcome[PeakMemory]) -> None:
        record = outcome.record
        if isinstance(record, StepTime):
            told = {
                "event": "step_time",
                "task": record.task,
                "arm": record.arm,
                "process": record.process,
                "ratio": ratio(record),
                "device": record.device,
            }
            print(json.dumps(told), flush=True)


def watch(quiet: bool, as_json: bool) -> TimingWatch:
    """The one that suits what was asked for; a failure is told at the end in any case."""
    if as_json:
        return JsonWatch()
    return TimingWatch() if quiet else LineWatch()


def describe(outcome: Outcome[StepTime] | Outcome[PeakMemory]) -> str:
    """A measurement in a line."""
    trial, record = outcome.trial, outcome.record
    what = f"{trial.arm.task} {trial.arm.name}, process {trial.seed}:"
    if isinstance(record, StepTime):
        return f"{what} {record.device} step time {ratio(record):.3f} of {record.reference}'s"
    if isinstance(record, PeakMemory):
        memory = record.peak_memory_mb
        return f"{what} peak memory {'unknown' if memory is None else f'{memory:.0f} MB'}"
    return f"{what} failed: {outcome.failure.reason if outcome.failure else 'no reason'}"


def ratio(record: StepTime) -> float:
    """The paired ratio of one process: median over neighboring blocks."""
    return median(a / r for a, r in zip(record.arm_ms, record.reference_ms, strict=True))
