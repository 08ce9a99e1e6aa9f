"""The state of a long trial on disk, from which a killed trial continues to the same bits."""

from __future__ import annotations

import json
import os
import sys
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.core.record import Evaluation
from bench.training.variables import assign


class Progress(NamedTuple):
    """State of a trial outside its variables."""

    step: int = 0
    loss_sum: float = 0.0
    """Sum of the objective over the steps since the last evaluation."""
    loss_steps: int = 0
    checksums: tuple[int, ...] = ()
    """Checksum of the batches of each call of the compiled training."""
    curve: tuple[Evaluation, ...] = ()
    train_seconds: float = 0.0
    evaluation_seconds: float = 0.0
    kept_step: int | None = None
    """Step of the best state, if a strategy keeps one."""

    def trained(self, steps: int, loss: float, checksum: int, seconds: float) -> Progress:
        """Return the progress after one more call of the compiled training."""
        return self._replace(
            step=self.step + steps,
            loss_sum=self.loss_sum + loss,
            loss_steps=self.loss_steps + steps,
            checksums=(*self.checksums, checksum),
            train_seconds=self.train_seconds + seconds,
        )

    def evaluated(self, point: Evaluation, seconds: float) -> Progress:
        """Return the progress after an evaluation."""
        return self._replace(
            loss_sum=0.0,
            loss_steps=0,
            curve=(*self.curve, point),
            evaluation_seconds=self.evaluation_seconds + seconds,
        )


class Checkpoint:
    """The file of one trial: its variables, the best ones kept so far, and its progress.

    Args:
        path: an `.npz` file. It is written whole or not at all, and removed when the trial is done.
        identity: names the arm, recipe, seed, data and software of the state. A file of another
            identity, or a damaged one, is ignored: the trial starts over.
        interval: seconds between two saves.
    """

    def __init__(self, path: Path, identity: str, interval: float = 120.0) -> None:
        self.path, self.identity, self.interval = path, identity, interval
        self._saved = time.monotonic()

    def restore(self, variables: Sequence[Any]) -> tuple[Progress, list[np.ndarray] | None] | None:
        """Assign the saved values; return the progress and the best state, or None without a file."""
        try:
            with np.load(self.path, allow_pickle=False) as saved:
                arrays = dict(saved)
            meta = json.loads(bytes(arrays.pop("meta")).decode())
            if meta["identity"] != self.identity:
                return None
            values = [arrays[f"variable{i}"] for i in range(len(variables))]
            best = [arrays[f"best{i}"] for i in range(meta["best"])] or None
            curve = tuple(Evaluation.model_validate(point) for point in meta["curve"])
            state = {**meta["progress"], "curve": curve}
            progress = Progress(**{**state, "checksums": tuple(state["checksums"])})
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None
        assign(variables, values)
        return progress, best

    def maybe_save(
        self, variables: Sequence[Any], best: Sequence[np.ndarray] | None, progress: Progress
    ) -> None:
        """Save if the interval has passed; if the disk refuses, skip the checkpoint and continue."""
        if time.monotonic() - self._saved < self.interval:
            return
        try:
            self.save(variables, best, progress)
        except OSError as error:
            print(f"no checkpoint {self.path}: {error.strerror}", file=sys.stderr, flush=True)
        self._saved = time.monotonic()

    def save(
        self, variables: Sequence[Any], best: Sequence[np.ndarray] | None, progress: Progress
    ) -> None:
        """Write the file.

        Raises:
            OSError: it cannot be written; no part of it stays.
        """
        meta = {
            "identity": self.identity,
            "best": len(best or ()),
            "curve": [point.model_dump() for point in progress.curve],
            "progress": {k: v for k, v in progress._asdict().items() if k != "curve"},
        }
        arrays = {f"variable{i}": v.numpy() for i, v in enumerate(variables)}
        arrays |= {f"best{i}": value for i, value in enumerate(best or ())}
        arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(self._temporary, "wb") as file:
                np.savez(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(self._temporary, self.path)
        except OSError:
            self._temporary.unlink(missing_ok=True)
            raise

    @property
    def _temporary(self) -> Path:
        return self.path.with_name(f"{self.path.name}.tmp")

    def remove(self) -> None:
        """Remove the file, and half-written files of a killed process."""
        for path in (self.path, self._temporary):
            with suppress(OSError):  # the trial is measured; its record decides what runs again
                path.unlink()
