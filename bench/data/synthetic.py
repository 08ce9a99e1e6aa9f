"""Stand-ins for the real data sets, generated from a seed, with the same shapes and hard to learn.

With them the whole suite runs without data and without a network. Results on them say nothing about the
real data, but have the same features: a baseline overfits, and techniques differ.

Every number is computed by integer arithmetic from raw 64-bit words of PCG64, whose stream NumPy
guarantees. So the arrays are the same bit for bit on every platform and version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.dataset import FIRST_WORD, PADDING, UNKNOWN, fair_order

VERSION = "1"
"""Version of the generators, a part of the identity: raise it when an array changes."""

_SEED = 20260601
_CHUNK = 1000
_WRONG_LABELS = 8
"""Percentage of training examples with the label of another class."""


class _Stream:
    """Random integers, from a separate stream for each purpose."""

    def __init__(self, *purpose: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([_SEED, *purpose]))

    def below(self, bound: int | np.ndarray, *shape: int) -> np.ndarray:
        """Draw int64 [*shape], uniform in 0 .. bound - 1; a bound is at most 2**31."""
        words = self._bits.random_raw(int(np.prod(shape))) >> np.uint64(32)
        scaled = words.reshape(shape) * np.asarray(bound, dtype=np.uint64)
        return (scaled >> np.uint64(32)).astype(np.int64)

    def noise(self, *shape: int) -> np.ndarray:
        """Draw int16 [*shape], bell-shaped around 0 with a standard deviation of 148 (four bytes)."""
        size = int(np.prod(shape))
        octets = self._bits.random_raw((size + 1) // 2).astype("<u8").view(np.uint8)[: 4 * size]
        return (octets.reshape(*shape, 4).sum(axis=-1, dtype=np.int16) - 510).astype(np.int16)


def generate(name: str, out: Path, *, vocabulary_size: int, length: int) -> dict[str, Any]:
    """Write the stand-in for a data set as `.npy` files into `out`, chunk by chunk.

    Args:
        name: the data set that it stands for.
        vocabulary_size: number of token ids, for text.
        length: largest number of ids in an example, for text.

    Returns:
        {"class_names": [...]}.
    """
    if name == "cifar10":
        return _images(out)
    return _texts(out, vocabulary_size, length)


def _labels(purpose: int, count: int, classes: int, wrong: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw labels in a fair order, and the true classes of the examples; each int64 [count].

    All labels are equally frequent; `wrong` percent of the examples are of another class.
    """
    labels = np.arange(count) % classes
    labels = labels[fair_order((b"%d %d" % (purpose, row) for row in range(count)), labels)]
    stream = _Stream(purpose, 0)
    wrong_labels = (labels + 1 + stream.below(classes - 1, count)) % classes
    return labels, np.where(stream.below(100, count) < wrong, wrong_labels, labels)


def _save(
    out: Path,
    split: str,
    classes: int,
    make: Callable[[_Stream, np.ndarray], tuple[np.ndarray, ...]],
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Write labels, and `arrays` filled chunk by chunk by `make`, which is given the classes."""
    purpose = {"train": 1, "test": 2}[split]
    count = len(arrays["values"])
    labels, truth = _labels(purpose, count, classes, _WRONG_LABELS if split == "train" else 0)
    for start in range(0, count, _CHUNK):
        rows = slice(start, start + _CHUNK)
        parts = make(_Stream(purpose, 1, start), truth[rows])
        for array, part in zip(arrays.values(), parts, strict=True):
            array[rows] = part
    # Written as a whole: in a mapped file a full disk would be a crash, not an error.
    np.save(out / f"{split}_labels.npy", labels.astype(np.int32))
    for name, array in arrays.items():
        np.save(out / f"{split}_{name}.npy", array)


# Images: an object with a texture of its class on a random background. The texture of another
# class shines through.

_SIDE = 32
_FIELD = 64
_CLASSES = 10
_MODES = 4
_BACKGROUNDS = 60
_JITTER = 12


def _images(out: Path) -> dict[str, Any]:
    textures = _smooth(_Stream(3), _CLASSES * _MODES, 3, widths=(3, 3, 7))
    shapes = _smooth(_Stream(4), _CLASSES * _MODES, 1, widths=(15, 15, 9))
    backgrounds = _smooth(_Stream(5), _BACKGROUNDS, 3, widths=(3, 5, 9))

    def make(stream: _Stream, truth: np.ndarray) -> tuple[np.ndarray]:
        count = len(truth)
        mode = truth * _MODES + stream.below(_MODES, count)
        place = _places(stream, count, _JITTER)
        other = stream.below(_CLASSES * _MODES, count)
        ground = stream.below(_BACKGROUNDS, count)
        inside = shapes[mode[:, None], place] > -40
        image = np.where(
            inside,
            textures[mode[:, None], place] * 9,
            backgrounds[ground[:, None], _places(stream, count, _FIELD)] * 9,
        )
        image += textures[other[:, None], _places(stream, count, _FIELD)] * 4
        image = image * (6 + stream.below(6, count, 1, 1)) >> 7
        image += 128 + stream.below(61, count, 1, 3) - 30
        image += stream.noise(count, _SIDE * _SIDE, 3) >> 3
        pixels = np.clip(image, 0, 255).astype(np.uint8)
        return (pixels.reshape(count, _SIDE, _SIDE, 3),)

    for split, count in (("train", 50_000), ("test", 10_000)):
        values = np.empty((count, _SIDE, _SIDE, 3), dtype=np.uint8)
        _save(out, split, _CLASSES, make, {"values": values})
    return {"class_names": [f"texture {index}" for index in range(_CLASSES)]}


def _smooth(stream: _Stream, count: int, channels: int, widths: tuple[int, ...]) -> np.ndarray:
    """Draw fields without edges: int64 [count, 64 * 64, channels], mean 0, deviation 100."""
    field = stream.below(1 << 16, count, _FIELD, _FIELD, channels) - (1 << 15)
    for width in widths:
        for axis in (1, 2):
            rolled = np.stack([np.roll(field, shift, axis) for shift in range(width)])
            field = rolled.sum(axis=0) // width
    field = field.reshape(count, _FIELD * _FIELD, channels)
    field -= field.sum(axis=1, keepdims=True) // _FIELD**2
    square = (field * field).sum(axis=1, keepdims=True) // _FIELD**2
    # The square root of an integer below 2**52 is rounded alike everywhere (IEEE 754).
    return field * 100 // np.maximum(np.sqrt(square).astype(np.int64), 1)


def _places(stream: _Stream, count: int, jitter: int) -> np.ndarray:
    """Draw the points of a field that each image shows, shifted by up to `jitter`, some mirrored.

    Returns:
        int64 [count, 32 * 32], indices into the 64 * 64 points.
    """
    down = stream.below(jitter, count, 1) + np.arange(_SIDE)
    across = np.arange(_SIDE)
    across = np.where(stream.below(2, count, 1) == 1, across, _SIDE - 1 - across)
    across = across + stream.below(jitter, count, 1)
    points = (down % _FIELD)[:, :, None] * _FIELD + (across % _FIELD)[:, None, :]
    return points.reshape(count, _SIDE * _SIDE)


# Text: neutral words by Zipf's law, words of a topic, and words of praise and blame. More of the
# opinions are of the label's kind than of the other, and a negation turns some of them around.

_TYPES = 30_000
_TOPICS = 40
_TOPIC_WORDS = 120
_OPINIONS = 100
_NEGATIONS = np.array([11, 23, 37, 58])
_QUANTILES = np.array(
    [20, 60, 90, 112, 124, 132, 142, 155, 174, 198, 226, 260, 302, 362, 450, 620, 1000]
)
"""Quantiles of the lengths of reviews; between two of them all lengths are equally likely."""


def _texts(out: Path, vocabulary_size: int, length: int) -> dict[str, Any]:
    filler = np.cumsum(10**7 // (np.arange(_TYPES) + 3))
    topics = 100 + _Stream(6).below(_TYPES - 100, _TOPICS, _TOPIC_WORDS)
    opinions = _Stream(7).below(1 << 31, _TYPES).argsort(kind="stable")
    opinions = np.sort(opinions[opinions >= 60][: 2 * _OPINIONS]).reshape(_OPINIONS, 2).T
    opinion_weights = np.cumsum(10**6 // (np.arange(_OPINIONS) + 5))
    topic_weights = np.cumsum(10**6 // (np.arange(_TOPIC_WORDS) + 5))

    def draw(stream: _Stream, weights: np.ndarray, *shape: int) -> np.ndarray:
        return np.searchsorted(weights, stream.below(int(weights[-1]), *shape), side="right")

    def make(stream: _Stream, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(truth)
        shape = (count, length)
        words = draw(stream, filler, *shape)
        topic = stream.below(_TOPICS, count, 1)
        words = np.where(
            stream.below(100, *shape) < 15,
            topics[topic, draw(stream, topic_weights, *shape)],
            words,
        )
        # Reviews differ in their number of opinions and in how one-sided those are.
        spoken = 80 + stream.below(120, count, 1)
        agreeing = 66 + stream.below(34, count, 1)
        opinion = stream.below(1000, *shape) < spoken
        kind = np.where(stream.below(100, *shape) < agreeing, truth[:, None], 1 - truth[:, None])
        negated = opinion & (stream.below(100, *shape) < 10)
        negated[:, 0] = False
        kind = np.where(negated, 1 - kind, kind)
        words = np.where(opinion, opinions[kind, draw(stream, opinion_weights, *shape)], words)
        before = np.zeros(shape, dtype=bool)
        before[:, :-1] = negated[:, 1:]
        words = np.where(before, _NEGATIONS[stream.below(len(_NEGATIONS), *shape)], words)
        step = stream.below(len(_QUANTILES) - 1, count)
        spread = _QUANTILES[step + 1] - _QUANTILES[step]
        lengths = np.minimum(_QUANTILES[step] + stream.below(spread, count), length)
        ids = words + FIRST_WORD
        ids = np.where(ids < vocabulary_size, ids, UNKNOWN)
        ids = np.where(np.arange(length) < lengths[:, None], ids, PADDING)
        return ids, lengths

    for split in ("train", "test"):
        values = np.empty((25_000, length), dtype=np.int32)
        lengths = np.empty(25_000, dtype=np.int32)
        _save(out, split, 2, make, {"values": values, "lengths": lengths})
    return {"class_names": ["blame", "praise"]}
