"""`bench doctor`: the state of this machine, and advice on its problems."""

from __future__ import annotations

import os
import shutil

from bench.cli import options as shared
from bench.cli.options import RESULTS

ROOM_GB = 2.0
"""Free space below which the command warns: decoded data takes 0.4 GB, a study some MB."""


def doctor(data_dir: shared.DataDir = None, results: shared.Results = RESULTS) -> None:
    """Check devices, versions, threads, data, cache and free space."""
    from bench.core import environment
    from bench.data.cache import cache_root
    from bench.plugins.registry import find
    from bench.running.workers import has_gpu_driver
    from bench.tasks.task import Source

    for package, number in environment.software().items():
        say(number != "not installed", package, number, f"pip install {package}")
    try:
        with environment.muffled():
            gpus = environment.devices()
    except ImportError as error:
        say(False, "TensorFlow", str(error), "reinstall it: rm -rf .venv && make bench")
        gpus = []
    say(
        bool(gpus) or not has_gpu_driver(),
        "GPU",
        ", ".join(gpus) or "none",
        "a driver answers and TensorFlow sees no GPU: pip install '.[gpu]'",
    )
    print(f"ok    processor: {environment.processor()}, {environment.cores()} cores")
    load = environment.load_average()
    say(
        load is None or load < 0.5,
        "load",
        "unknown" if load is None else f"{load:.1f}",
        "something else is running: step times will be noisy",
    )
    for name, task in find().tasks.items():
        identity = task.identify(Source("auto", data_dir))
        say(not identity.synthetic, f"data of {name}", identity.name, "set TFDS_DATA_DIR")
    for name, folder in (("cache", cache_root(None)), ("results", results)):
        existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        free = shutil.disk_usage(existing).free / 1e9
        say(
            free >= ROOM_GB and os.access(existing, os.W_OK),
            name,
            f"{folder}, {free:.0f} GB free",
            "choose another folder, or make room and make it writable",
        )


def say(fine: bool, name: str, state: str, advice: str) -> None:
    """Print the state of one thing, with advice if it is not fine."""
    print(f"ok    {name}: {state}" if fine else f"WARN  {name}: {state}; {advice}")
