"""The device that trains: its name, synchronization and memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, SupportsFloat

from bench.core import environment
from bench.core.errors import BenchError
from bench.core.lazy import tf
from bench.timing.resident_memory import peak_resident_mb, reset_peak_resident


class Device(Protocol):
    """A device that runs steps."""

    name: str
    """`CPU`, or the driver's name of the GPU."""

    def synchronize(self) -> None:
        """Wait until the device has finished all started work."""
        ...

    def reset_peak_memory(self) -> None:
        """Forget the peak so far."""
        ...

    def peak_memory_mb(self) -> float | None:
        """Return the peak of memory since the reset, 10^6 bytes; None if it is not known."""
        ...


class Cpu:
    """The processor; its memory is the resident memory of the process."""

    name = "CPU"

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def reset_peak_memory(self) -> None:
        reset_peak_resident()

    def peak_memory_mb(self) -> float | None:
        return peak_resident_mb()


class Gpu:
    """The first GPU; its memory is the memory that TensorFlow's allocator handed out."""

    _DEVICE = "GPU:0"

    def __init__(self, name: str) -> None:
        self.name = name

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def reset_peak_memory(self) -> None:
        tf.config.experimental.reset_memory_stats(self._DEVICE)

    def peak_memory_mb(self) -> float | None:
        return tf.config.experimental.get_memory_info(self._DEVICE)["peak"] / 1e6


def device_here() -> Device:
    """Return the device that trains in this process."""
    name = environment.device()
    return Cpu() if name == "CPU" else Gpu(name)


def timed(
    run: Callable[[], SupportsFloat],
    device: Device,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> float:
    """Return the seconds that `run` takes on the device, including all work that it starts.

    `run` returns a scalar that depends on its last operation. The scalar is fetched, and the device is
    synchronized at both ends, so no work remains when the clock is read.

    Raises:
        BenchError: the clock did not advance, so that a time of 0 would be recorded.
    """
    device.synchronize()
    start = clock()
    float(run())
    device.synchronize()
    elapsed = clock() - start
    if elapsed <= 0:
        raise BenchError(f"the clock measured {elapsed} ns for a block of steps")
    return elapsed / 1e9
