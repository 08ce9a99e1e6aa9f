"""Decode prepared data into arrays, in a child process: `python -m bench.data.decode`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import BenchError, UsageError
from bench.core.lazy import tf
from bench.data import text
from bench.data.child import run_module
from bench.data.dataset import fair_order
from bench.data.prepared import SPLITS, PublishedData, damaged, published

_RESULT = "result.json"


def decode(
    source: PublishedData, folder: Path, out: Path, vocabulary_size: int, length: int, ends: str
) -> dict[str, Any]:
    """Decode the prepared data in `folder` into `.npy` files in `out`, in a child process.

    Returns:
        {"class_names": [...]}.

    Raises:
        UsageError: the data is damaged.
        BenchError: the child process ended without a result.
    """
    child = run_module(
        "bench.data.decode",
        [source.name, str(folder), str(out), str(vocabulary_size), str(length), ends],
    )
    try:
        result = json.loads((out / _RESULT).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BenchError(
            f"decoding {folder} ended with exit code {child.returncode}: {child.last_line}"
        ) from error
    (out / _RESULT).unlink()
    if "error" in result:
        raise UsageError(result["error"])
    return result


def main(arguments: list[str]) -> None:
    """Write the arrays, and the result or the error into a file; this is the child process."""
    name, folder, out, vocabulary_size, length, ends = arguments
    try:
        if published(name).kind == "images":
            names = _images(Path(folder), Path(out))
        else:
            names = _texts(Path(folder), Path(out), int(vocabulary_size), int(length), ends)
        result: dict[str, Any] = {"class_names": names}
    except UsageError as error:
        result = {"error": str(error)}
    (Path(out) / _RESULT).write_text(json.dumps(result), encoding="utf-8")


def _images(folder: Path, out: Path) -> list[str]:
    builder = _builder(folder)
    feature = builder.info.features["image"]
    for split in SPLITS:
        # The stored bytes give the order, because JPEG decoders differ in the last bit.
        stored, labels = _read(builder, folder, split, "image")
        images = np.empty((len(stored), *feature.shape), dtype=np.uint8)
        order = fair_order(stored, labels)
        decoded = tf.data.Dataset.from_tensor_slices([stored[row] for row in order])
        try:
            for row, image in enumerate(decoded.map(feature.decode_example).as_numpy_iterator()):
                images[row] = image
        except tf.errors.OpError as error:
            raise damaged(folder, f"split {split!r}: {_reason(error)}") from error
        np.save(out / f"{split}_values.npy", images)
        np.save(out / f"{split}_labels.npy", labels[order])
    return list(builder.info.features["label"].names)


def _texts(folder: Path, out: Path, vocabulary_size: int, length: int, ends: str) -> list[str]:
    builder = _builder(folder)
    ids: dict[str, int] = {}
    for split in SPLITS:
        stored, labels = _read(builder, folder, split, "text")
        order = fair_order(stored, labels)
        split_words = [text.words(stored[row].decode("utf-8", "replace")) for row in order]
        if split == "train":
            ids = text.vocabulary(split_words, vocabulary_size)
        values, lengths = text.encode(split_words, ids, length, ends)
        np.save(out / f"{split}_values.npy", values)
        np.save(out / f"{split}_labels.npy", labels[order])
        np.save(out / f"{split}_lengths.npy", lengths)
    return list(builder.info.features["label"].names)


def _reason(error: tf.errors.OpError) -> str:
    """Return the first line of an error without the names of operations."""
    lines = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", error.message or "").strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def _builder(folder: Path) -> Any:
    import tensorflow_datasets as tfds

    try:
        return tfds.builder_from_directory(str(folder))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise damaged(folder, str(error).strip().splitlines()[0]) from error


def _read(builder: Any, folder: Path, split: str, key: str) -> tuple[list[bytes], np.ndarray]:
    """Read the examples as they are stored, and their labels as int32 [N]."""
    contents: list[bytes] = []
    labels: list[int] = []
    try:
        for example in _examples(builder, split, key):
            contents.append(example[key])
            labels.append(int(example["label"]))
    except tf.errors.OpError as error:
        raise damaged(folder, f"split {split!r}: {_reason(error)}") from error
    expected = builder.info.splits[split].num_examples
    if len(labels) != expected or min(labels, default=-1) < 0:
        raise damaged(
            folder, f"split {split!r} has {len(labels)} labeled examples and should have {expected}"
        )
    return contents, np.array(labels, dtype=np.int32)


def _examples(builder: Any, split: str, key: str) -> Iterator[dict[str, Any]]:
    import tensorflow_datasets as tfds

    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders={key: tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    return dataset.as_numpy_iterator()


if __name__ == "__main__":
    main(sys.argv[1:])
