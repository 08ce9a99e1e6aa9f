"""What it takes to time a device: knowing when it has finished, and what memory it used."""

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
        """Returns when all that was started on the device has ended."""
        ...

    def reset_peak_memory(self) -> None:
        """Forgets the peak so far."""
        ...

    def peak_memory_mb(self) -> float | None:
        """Most memory in use since the reset, in 10^6 bytes; None where the system does not say."""
        ...


class Cpu:
    """The processor: its memory is what the process has resident."""

    name = "CPU"

    def synchronize(self) -> None:
        tf.test.experimental.sync_devices()

    def reset_peak_memory(self) -> None:
        reset_peak_resident()

    def peak_memory_mb(self) -> float | None:
        return peak_resident_mb()


class Gpu:
    """The first GPU: its memory is what TensorFlow's allocator handed out of it."""

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
    """The device that trains in this process."""
    name = environment.device()
    return Cpu() if name == "CPU" else Gpu(name)


def timed(
    run: Callable[[], SupportsFloat],
    device: Device,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> float:
    """Seconds that `run` takes on the device, all that it started included.

    `run` returns a scalar that depends on the last thing it does; fetching it, and synchronizing
    the device at both ends, leaves nothing to run after the clock is read.

    Raises:
        BenchError: the clock went nowhere, so that a time of 0 would be recorded.
    """
    device.synchronize()
    start = clock()
    float(run())
    device.synchronize()
    elapsed = clock() - start
    if elapsed <= 0:
        raise BenchError(f"the clock measured {elapsed} ns for a block of steps")
    return elapsed / 1e9
