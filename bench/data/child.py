"""Child processes for work that needs TensorFlow.

TensorFlow takes seconds to import and would occupy a GPU. A child sees no GPU, and its memory is
free when it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class ChildResult:
    """The end of a child process."""

    returncode: int
    last_line: str
    """Last line of its output, where Python and the suite's own programs put the error."""


def run_module(
    module: str, arguments: list[str], stderr: int | None = subprocess.STDOUT
) -> ChildResult:
    """Run `python -m module` with this process's import path.

    Args:
        module: its full name.
        arguments: those of the command.
        stderr: destination of its error output, as in `subprocess.run`. By default it joins the
            other output; None shows it, for example progress bars.
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    finished = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        errors="replace",
        check=False,
    )
    lines = [line.strip() for line in finished.stdout.splitlines() if line.strip()]
    return ChildResult(finished.returncode, lines[-1] if lines else "it said nothing")
