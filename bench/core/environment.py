"""What machine and software measured this."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("tensorflow", "keras", "numpy", "tensorflow-datasets", "regularization-bench")


def processor() -> str:
    """The processor's model name, as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # No Linux: platform knows.
    return platform.processor() or platform.machine()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def software() -> dict[str, str]:
    """Versions by package name, without importing any of them."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def devices() -> list[str]:
    """The driver's names of the GPUs that TensorFlow sees; empty where there are none."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(g).get("device_name", "GPU") for g in gpus]


def device() -> str:
    """`CPU`, or the driver's name of the GPU that trains."""
    return next(iter(devices()), "CPU")


def machine(device: str) -> str:
    """A fingerprint of the hardware: step times are compared within one only.

    Clock-speed readings and load are no part of it.
    """
    facts = (platform.machine(), processor(), str(cores()), device)
    return sha256("\x1f".join(facts).encode()).hexdigest()[:12]


def host() -> dict[str, Any]:
    """What is known of this machine without TensorFlow: where a study was asked for."""
    return {
        "software": software(),
        "system": platform.system(),
        "processor": processor(),
        "cores": cores(),
    }


def describe(device: str) -> dict[str, Any]:
    """What a record says of where it was measured."""
    return {**host(), "device": device, "machine": machine(device)}


def load_average() -> float | None:
    """Processes that want a core, over the last minute; None where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


@contextmanager
def muffled() -> Iterator[None]:
    """What native code writes to the error stream is dropped: TensorFlow's start-up messages.

    No setting of TensorFlow's reaches those of its first seconds. Python's errors pass as ever.
    """
    quiet_tensorflow()
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def quiet_tensorflow() -> None:
    """Keep TensorFlow's start-up messages off the terminal; call it before the first import."""
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
