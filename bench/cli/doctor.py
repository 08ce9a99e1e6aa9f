"""`bench doctor`: what this machine has, and what to do about what it lacks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.options import RESULTS, Results

ROOM_GB = 2.0
"""Free space under which a warning is given: decoded data takes 0.4 GB, a study some MB."""


def doctor(
    data_dir: Annotated[
        Path | None, typer.Option(help="Prepared tensorflow-datasets; default: TFDS_DATA_DIR.")
    ] = None,
    results: Results = RESULTS,
) -> None:
    """Check devices, versions, threads, data, cache and free space."""
    from bench.core import environment
    from bench.data.cache import cache_root
    from bench.plugins.registry import find
    from bench.tasks.task import Source

    for package, number in environment.software().items():
        told(number != "not installed", package, number, f"pip install {package}")
    try:
        with environment.muffled():
            found = environment.devices()
    except ImportError as error:
        told(False, "TensorFlow", str(error), "reinstall it: rm -rf .venv && make bench")
        found = []
    driver = shutil.which("nvidia-smi") is not None
    told(
        bool(found) or not driver,
        "GPU",
        ", ".join(found) or "none",
        "a driver answers and TensorFlow sees no GPU: pip install '.[gpu]'",
    )
    print(f"ok    processor: {environment.processor()}, {environment.cores()} cores")
    load = environment.load_average()
    told(
        load is None or load < 0.5,
        "load",
        "unknown" if load is None else f"{load:.1f}",
        "something else is running: step times will be noisy",
    )
    for name, task in find().tasks.items():
        identity = task.identify(Source("auto", data_dir))
        told(not identity.synthetic, f"data of {name}", identity.name, "set TFDS_DATA_DIR")
    for what, folder in (("cache", cache_root(None)), ("results", results)):
        existing = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        free = shutil.disk_usage(existing).free / 1e9
        told(
            free >= ROOM_GB and os.access(existing, os.W_OK),
            what,
            f"{folder}, {free:.0f} GB free",
            "choose another folder, or make room and make it writable",
        )


def told(fine: bool, what: str, found: str, advice: str) -> None:
    """One line: what was found, and what to do where it is not fine."""
    print(f"ok    {what}: {found}" if fine else f"WARN  {what}: {found}; {advice}")
