"""Download data through tensorflow-datasets, after a quick check of the network.

Without a network tensorflow-datasets tries for more than three minutes before it fails.
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
from bench.data.prepared import Prepared, PublishedData, find

PROBE_SECONDS = 2.3
"""Longest check of one server, so that a search for two data sets ends within five seconds."""


@cache
def unreachable(url: str) -> str | None:
    """Return the reason why `url` cannot be fetched, within `PROBE_SECONDS`; None if it can.

    The answer is cached, because it must not change within a process. The environment's proxies are
    used, as in tensorflow-datasets.
    """
    answers: list[str | None] = []
    # A daemon, because the look-up of a host name has no time limit and cannot be interrupted.
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


def download(source: PublishedData, root: Path) -> Prepared:
    """Download and prepare a data set below `root`, one process at a time.

    Raises:
        BenchError: `root` cannot be written, or the download failed.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{source.name}.lock"):
            if (prepared := find(source, root)) is not None:
                return prepared
            child = run_module("bench.data.download", [source.spec, str(root)], stderr=None)
    except OSError as error:
        raise BenchError(
            f"the data folder {root} cannot be written ({error.strerror}); name another with "
            "--data-dir or TFDS_DATA_DIR"
        ) from error
    if child.returncode == 0 and (prepared := find(source, root)) is not None:
        return prepared
    raise BenchError(
        f"tensorflow-datasets could not download {source.name} ({child.last_line}); try "
        "again, or use stand-in data with --data synthetic"
    )


def main(arguments: list[str]) -> None:
    """Download one data set; this is the child process, whose only output is the error."""
    import tensorflow_datasets as tfds

    spec, root = arguments
    try:
        tfds.builder(spec, data_dir=root).download_and_prepare()
    except Exception as error:  # A network, a server or a disk can raise anything.
        print(f"{type(error).__name__}: {error}".replace("\n", " "))
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
