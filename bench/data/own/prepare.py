"""Read a user's data once, and write it as arrays in the suite's cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.core.errors import UsageError
from bench.data.dataset import FIRST_WORD, UNKNOWN, fair_order
from bench.data.own.classes import check_number, numbered
from bench.data.own.example import UNSPLIT, Reader, share_option, whole_option
from bench.data.own.facts import DataFacts
from bench.data.own.splitting import held_out
from bench.data.own.spool import ImageSpool, Spool, TextSpool
from bench.data.pixels import Range, check_alike, converted

TEST_SHARE = 0.2
NAMED = 20
"""Unreadable examples, other files and duplicates whose names are kept."""


def prepare(reader: Reader, options: Mapping[str, str], data: str, out: Path) -> dict[str, Any]:
    """Write the arrays of both splits into `out`, and return the facts (`DataFacts`) as JSON.

    Raises:
        UsageError: the data is no classification of images or texts.
    """
    spool = ImageSpool(out) if reader.modality == "image" else TextSpool()
    spool.fill(reader.examples())
    if not spool.labels:
        first = f"; the first: {': '.join(spool.unreadable[0])}" if spool.unreadable else ""
        raise UsageError(f"{data} has no example that can be read{first}")
    labels, names = _classes(reader, spool, data)
    share = share_option(options, "test_share", TEST_SHARE)
    seed = whole_option(options, "split_seed", 0)
    is_test = np.array([split == "test" for split in spool.splits])
    unsplit = UNSPLIT in spool.splits
    if unsplit:
        is_test = held_out(labels, spool.keys, share, seed)
    orders = {}
    for split, rows in (("train", np.flatnonzero(~is_test)), ("test", np.flatnonzero(is_test))):
        if not len(rows) and unsplit:
            raise UsageError(
                f"{data} has one example of each class, which leaves none for the test"
            )
        if not len(rows):
            raise UsageError(f"{data} has no {split} example that can be read")
        keys = [spool.keys[row] for row in rows]
        orders[split] = rows[fair_order(keys, labels[rows])]
        np.save(out / f"{split}_labels.npy", labels[orders[split]])
    write = _write_images if isinstance(spool, ImageSpool) else _write_texts
    counts = [np.bincount(labels[order], minlength=len(names)) for order in orders.values()]
    if (counts[0] > 0).sum() < 2:
        raise UsageError(f"{data} has one class of training examples; two or more are needed")
    facts = DataFacts(
        modality=reader.modality,
        class_names=names,
        train_counts=tuple(counts[0].tolist()),
        test_counts=tuple(counts[1].tolist()),
        divided=f"{share:g} of each class, seed {seed}" if unsplit else "",
        unreadable_count=len(spool.unreadable),
        unreadable=tuple(tuple(item) for item in spool.unreadable[:NAMED]),
        others_count=len(reader.others),
        others=tuple(reader.others[:NAMED]),
        unread=tuple(reader.unread),
        **_duplicates(spool, is_test),
        **write(spool, orders, out),
    )
    return asdict(facts)


def _classes(reader: Reader, spool: Spool, data: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Number the classes, by their numbers in the data where it names them."""
    if reader.class_names:
        check_number(reader.class_names, data)
        return np.array(spool.labels, dtype=np.int32), reader.class_names
    return numbered(spool.labels, data)


def _duplicates(spool: Spool, is_test: np.ndarray) -> dict[str, Any]:
    """Count training examples that occur in the test split, and repeated ones within training."""
    tested = {spool.digests[row]: row for row in reversed(np.flatnonzero(is_test).tolist())}
    train = np.flatnonzero(~is_test).tolist()
    shared = [(row, tested[spool.digests[row]]) for row in train if spool.digests[row] in tested]
    within = Counter(spool.digests[row] for row in train)
    return {
        "repeated_count": len(shared),
        "repeated": tuple((spool.names[a], spool.names[b]) for a, b in shared[:NAMED]),
        "repeated_within": sum(count - 1 for count in within.values()),
    }


def _write_images(spool: Spool, orders: Mapping[str, np.ndarray], out: Path) -> dict[str, Any]:
    """Write images row by row; return the facts about them."""
    assert isinstance(spool, ImageSpool)
    ranges = [Range(spool.low[split], spool.high[split]) for split in spool.low]
    check_alike(ranges, "the data")
    whole = Range(min(r.low for r in ranges), max(r.high for r in ranges))
    sums = np.zeros((2, spool.shape[-1]))
    dtype = converted(np.zeros((0, *spool.shape), spool.dtype), whole).dtype
    for split, order in orders.items():
        with (out / f"{split}_values.npy").open("wb") as file:
            description = {
                "descr": dtype.str, "fortran_order": False, "shape": (len(order), *spool.shape)
            }  # fmt: skip
            np.lib.format.write_array_header_1_0(file, description)
            for images in spool.rows(order):
                values = converted(images, whole)
                file.write(np.ascontiguousarray(values).tobytes())
                if split == "train":
                    wide = values.astype(np.uint16) if dtype == np.uint8 else values
                    sums += [part.sum((0, 1, 2), dtype=np.float64) for part in (wide, wide * wide)]
    spool.close()
    pixels = len(orders["train"]) * int(np.prod(spool.shape[:-1]))
    scale = 255 if dtype == np.uint8 else 1
    mean = sums[0] / pixels / scale
    deviation = np.sqrt(np.maximum(sums[1] / pixels / scale**2 - mean**2, 0))
    heights, widths = zip(*spool.sizes, strict=True)
    return {
        "shape": spool.shape,
        "mean": tuple(round(value, 4) for value in mean.tolist()),
        "deviation": tuple(round(value, 4) or 1.0 for value in deviation.tolist()),
        "smallest": (min(heights), min(widths)),
        "largest": (max(heights), max(widths)),
    }


def _write_texts(spool: Spool, orders: Mapping[str, np.ndarray], out: Path) -> dict[str, Any]:
    """Write texts as ids of words, the most frequent word of the training split first.

    An id below any size of a vocabulary is then the id in the vocabulary of that size
    (`bench.data.text.vocabulary`), and every other word is unknown.
    """
    assert isinstance(spool, TextSpool)
    numbers, offsets = spool.numbers, spool.offsets
    lengths = np.diff(offsets)
    train = _positions(offsets, orders["train"])
    counts = np.bincount(numbers[train], minlength=len(spool.words))
    words: Sequence[str] = list(spool.words)
    ranked = sorted(np.flatnonzero(counts).tolist(), key=lambda n: (-counts[n], words[n]))
    ids = np.full(max(len(words), 1), UNKNOWN, dtype=np.int32)
    ids[ranked] = np.arange(len(ranked), dtype=np.int32) + FIRST_WORD
    for split, order in orders.items():
        np.save(out / f"{split}_tokens.npy", ids[numbers[_positions(offsets, order)]])
        np.save(out / f"{split}_token_counts.npy", lengths[order].astype(np.int32))
    quantiles = np.quantile(lengths[orders["train"]], (0, 0.25, 0.5, 0.75, 0.95, 1))
    return {
        "words": len(ranked),
        "lengths": tuple(round(float(value)) for value in quantiles),
        "empty": int((lengths == 0).sum()),
        "line_breaks": spool.line_breaks,
    }


def _positions(offsets: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the positions of the words of some texts, text after text."""
    lengths = np.diff(offsets)[order]
    begins = np.repeat(offsets[order] - np.cumsum(lengths) + lengths, lengths)
    return begins + np.arange(lengths.sum())
