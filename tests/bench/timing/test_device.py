"""Timing on a made-up device that works on after a call has returned."""

from __future__ import annotations

import pytest

from bench.core.errors import BenchError
from bench.core.lazy import tf
from bench.timing import device
from bench.timing.device import Cpu, timed


class Asynchronous:
    """A device with a queue: starting work takes no time, waiting for it takes all of it."""

    name = "fake"

    def __init__(self) -> None:
        self.now, self.pending = 0, 0
        self.calls: list[str] = []

    def clock(self) -> int:
        self.calls.append("clock")
        return self.now

    def start(self, nanoseconds: int) -> Scalar:
        self.calls.append("start")
        self.pending += nanoseconds
        return Scalar(self)

    def synchronize(self) -> None:
        self.calls.append("synchronize")
        self.now, self.pending = self.now + self.pending, 0

    def reset_peak_memory(self) -> None: ...

    def peak_memory_mb(self) -> float | None:
        return None


class Scalar:
    """A result that is there when it is fetched, and not before."""

    def __init__(self, device: Asynchronous) -> None:
        self.device = device

    def __float__(self) -> float:
        self.device.calls.append("fetch")
        self.device.synchronize()
        return 1.0


def test_all_that_was_started_is_within_the_time_and_nothing_else() -> None:
    device = Asynchronous()
    device.start(5_000_000)  # before: must not count
    seconds = timed(lambda: device.start(2_000_000), device, device.clock)
    assert seconds == 0.002


def test_the_device_is_synchronized_at_both_ends_and_the_scalar_fetched() -> None:
    device = Asynchronous()
    timed(lambda: device.start(1), device, device.clock)
    assert device.calls == [
        "synchronize", "clock", "start", "fetch", "synchronize", "synchronize", "clock",
    ]  # fmt: skip


def test_work_that_the_scalar_does_not_depend_on_counts_too() -> None:
    device = Asynchronous()

    def run() -> float:
        device.start(3_000_000)
        return 0.0

    assert timed(run, device, device.clock) == 0.003


def test_a_clock_that_stands_still_is_an_error() -> None:
    device = Asynchronous()
    with pytest.raises(BenchError, match="clock measured 0 ns"):
        timed(lambda: 0.0, device, device.clock)


class FakeTensorFlow:
    """The functions of TensorFlow that a GPU's timer calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.test = self.config = self.experimental = self

    def sync_devices(self) -> None:
        self.calls.append("sync")

    def reset_memory_stats(self, device: str) -> None:
        self.calls.append(f"reset {device}")

    def get_memory_info(self, device: str) -> dict[str, int]:
        return {"current": 10_000_000, "peak": 250_000_000 if device == "GPU:0" else 0}


def test_a_gpus_memory_is_its_allocators_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeTensorFlow()
    monkeypatch.setattr(device, "tf", fake)
    gpu = device.Gpu("NVIDIA Z9")
    gpu.reset_peak_memory()
    assert timed(lambda: 0.0, gpu, iter([0, 7_000_000]).__next__) == 0.007
    assert gpu.peak_memory_mb() == 250.0
    assert fake.calls == ["reset GPU:0", "sync", "sync"]


@pytest.mark.parametrize(("name", "kind"), [("CPU", Cpu), ("NVIDIA Z9", device.Gpu)])
def test_the_device_is_what_the_driver_names(
    monkeypatch: pytest.MonkeyPatch, name: str, kind: type
) -> None:
    monkeypatch.setattr(device.environment, "device", lambda: name)
    found = device.device_here()
    assert isinstance(found, kind)
    assert found.name == name


def test_the_processor_can_be_timed_for_real() -> None:
    square = tf.ones([200, 200])
    seconds = timed(lambda: tf.reduce_sum(square @ square), Cpu())
    assert 0 < seconds < 10
