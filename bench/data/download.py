"""Downloads through tensorflow-datasets, and a quick look beforehand whether there is a network.

tensorflow-datasets itself tries for over three minutes before it says that there is none.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from threading import Thread

from filelock import FileLock

from bench.core.errors import BenchError
from bench.data.child import run_module
from bench.data.prepared import Prepared, PublishedData, find, published

# Two data sets are looked for in at most five seconds.
PROBE_SECONDS = 2.3


@cache
def unreachable(url: str) -> str | None:
    """Why `url` cannot be fetched, found out within `PROBE_SECONDS`; None if it can.

    The answer is kept for the life of the process, in which it must not change. The proxies of
    the environment are used, as tensorflow-datasets does.
    """
    answers: list[str | None] = []
    # A daemon, since looking up a host name has no time limit and cannot be interrupted.
    thread = Thread(target=lambda: answers.append(_probe(url)), daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return answers[0] if answers else f"no answer within {PROBE_SECONDS} seconds"


def _probe(url: str) -> str | None:
    request = urllib.request.Request(url, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PROBE_SECONDS):
            return None
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)


def download(wanted: PublishedData, root: Path) -> Prepared:
    """Download and prepare a data set below `root`; one process at a time, the others wait.

    Raises:
        BenchError: `root` cannot be written, or the download failed.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{wanted.name}.lock"):
            if (prepared := find(wanted, root)) is not None:
                return prepared
            done = run_module("bench.data.download", [wanted.name, str(root)], stderr=None)
    except OSError as error:
        raise BenchError(
            f"the data folder {root} cannot be written ({error.strerror}); name another with "
            "--data-dir or TFDS_DATA_DIR"
        ) from error
    if done.returncode == 0 and (prepared := find(wanted, root)) is not None:
        return prepared
    raise BenchError(
        f"tensorflow-datasets could not download {wanted.name} ({done.last_line}); try "
        "again, or use stand-in data with --data synthetic"
    )


def main(arguments: list[str]) -> None:
    """What the child process does; what goes wrong is its only line of output."""
    import tensorflow_datasets as tfds

    name, root = arguments
    wanted = published(name)
    config = f"/{wanted.config}" if wanted.config else ""
    builder = tfds.builder(f"{name}{config}:{wanted.version}", data_dir=root)
    try:
        builder.download_and_prepare()
    except Exception as error:  # whatever a network, a server or a disk may do
        print(f"{type(error).__name__}: {error}".replace("\n", " "))
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
