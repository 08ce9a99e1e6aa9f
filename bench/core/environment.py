"""Describe the machine and the software that measure."""

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
    """Return the processor's model name, as the operating system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # Other systems than Linux have no such file.
    return platform.processor() or platform.machine()


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> int | None:
    """Return the bytes of memory that this machine has; None if the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def package_version(package: str) -> str:
    """Return a package's version without importing the package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


@cache
def software() -> dict[str, str]:
    """Return versions by package name."""
    packages = {package: package_version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **packages}


def devices() -> list[str]:
    """List the GPUs that TensorFlow sees, by the names that their driver gives them."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(g).get("device_name", "GPU") for g in gpus]


def device() -> str:
    """Return `CPU`, or the driver's name of the GPU that trains."""
    return next(iter(devices()), "CPU")


def machine(device: str) -> str:
    """Return a fingerprint of the hardware. Step times are compared within one machine only.

    It depends on neither the clock speed nor the load.
    """
    facts = (platform.machine(), processor(), str(cores()), device)
    return sha256("\x1f".join(facts).encode()).hexdigest()[:12]


def host() -> dict[str, Any]:
    """Describe the machine as far as that needs no TensorFlow."""
    return {
        "software": software(),
        "system": platform.system(),
        "processor": processor(),
        "cores": cores(),
    }


def describe(device: str) -> dict[str, Any]:
    """Describe the machine and its device for a record."""
    return {**host(), "device": device, "machine": machine(device)}


def load_average() -> float | None:
    """Return the mean number of runnable processes in the last minute; None if it is unknown."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


@contextmanager
def muffled() -> Iterator[None]:
    """Drop everything that native code writes to the error stream, such as start-up messages.

    No setting of TensorFlow silences the messages of its first seconds. Python's exceptions pass.
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
