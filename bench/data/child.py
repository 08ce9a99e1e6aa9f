"""Work that needs TensorFlow, in a process of its own.

TensorFlow takes seconds to import and would take hold of a GPU: the child sees none, and its
memory is given back when it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class ChildResult:
    """How a child process ended.

    returncode: its exit code.
    last_line: the last line of its output, where Python and our own programs put the error.
    """

    returncode: int
    last_line: str


def run_module(
    module: str, arguments: list[str], stderr: int | None = subprocess.STDOUT
) -> ChildResult:
    """Run `python -m module` with this process's import path.

    Args:
        module: its full name.
        arguments: of the command.
        stderr: where its error output goes, as `subprocess.run` has it: by default among the
            output that is kept; None lets it through, progress bars for instance.
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        errors="replace",
        check=False,
    )
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return ChildResult(done.returncode, lines[-1] if lines else "it said nothing")
