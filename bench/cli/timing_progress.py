"""The display of running step times: plain lines or JSON lines."""

from __future__ import annotations

import json
import sys

from bench.core.record import PeakMemory, StepTime
from bench.core.study import Timing
from bench.running.executors.executor import Outcome
from bench.running.timing_phase import TimingWatch

Measurement = Outcome[Timing, StepTime] | Outcome[Timing, PeakMemory]


class LineWatch(TimingWatch):
    """A line on stderr for each measurement."""

    total = done = 0

    def planned(self, memory: int, timings: int) -> None:
        self.total = memory + timings

    def waiting(self, reason: str) -> None:
        print(reason, file=sys.stderr, flush=True)

    def ended(self, outcome: Measurement) -> None:
        self.done += 1
        print(f"{self.done}/{self.total} {describe(outcome)}", file=sys.stderr, flush=True)


class JsonWatch(TimingWatch):
    """A JSON object on stdout for each step time."""

    def ended(self, outcome: Measurement) -> None:
        record = outcome.record
        if isinstance(record, StepTime):
            event = {
                "event": "step_time",
                "task": record.task,
                "arm": record.arm,
                "process": record.process,
                "ratio": record.ratio,
                "device": record.device,
            }
            print(json.dumps(event), flush=True)


def watch(quiet: bool, as_json: bool) -> TimingWatch:
    """Return the display for the kind of output. The command prints failures at its end."""
    if as_json:
        return JsonWatch()
    return TimingWatch() if quiet else LineWatch()


def describe(outcome: Measurement) -> str:
    """Describe a measurement in one line."""
    timing, record = outcome.assignment, outcome.record
    name = f"{timing.arm.task} {timing.arm.name}, process {timing.process}:"
    if isinstance(record, StepTime):
        return f"{name} {record.device} step time {record.ratio:.3f} of {record.reference}'s"
    if isinstance(record, PeakMemory):
        memory = record.peak_memory_mb
        return f"{name} peak memory {'unknown' if memory is None else f'{memory:.0f} MB'}"
    return f"{name} failed: {outcome.failure.reason if outcome.failure else 'no reason'}"
