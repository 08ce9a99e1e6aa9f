"""Small folders as tensorflow-datasets prepares them, written without it.

The formats: TFRecord (https://www.tensorflow.org/tutorials/load_data/tfrecord), `tf.train.Example`
in the wire format of protocol buffers, PNG.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np

CLASSES = {
    "cifar10": [f"sort {number}" for number in range(10)],
    "imdb_reviews": ["neg", "pos"],
}
_FEATURES = "tensorflow_datasets.core.features."


def write_images(root: Path, train: tuple[np.ndarray, ...], test: tuple[np.ndarray, ...]) -> Path:
    """Prepare a "cifar10" of (images uint8 [N, 32, 32, 3], labels [N]); return its folder."""
    splits = {
        name: [
            _example({"id": b"x", "image": _png(image), "label": int(label)})
            for image, label in zip(*part, strict=True)
        ]
        for name, part in (("train", train), ("test", test))
    }
    image = {
        "pythonClassName": _FEATURES + "image_feature.Image",
        "image": {"dtype": "uint8", "shape": {"dimensions": ["32", "32", "3"]}},
    }
    text = {"pythonClassName": _FEATURES + "text_feature.Text", "text": {}}
    return _write(root / "cifar10" / "3.0.2", "cifar10", {"id": text, "image": image}, splits)


def write_texts(
    root: Path, train: tuple[list[str], list[int]], test: tuple[list[str], list[int]]
) -> Path:
    """Prepare an "imdb_reviews/plain_text" of (texts, labels); return its folder."""
    splits = {
        name: [
            _example({"text": text.encode(), "label": label})
            for text, label in zip(*part, strict=True)
        ]
        for name, part in (("train", train), ("test", test))
    }
    text = {"pythonClassName": _FEATURES + "text_feature.Text", "text": {}}
    folder = root / "imdb_reviews" / "plain_text" / "1.0.0"
    return _write(folder, "imdb_reviews", {"text": text}, splits)


def _write(
    folder: Path, name: str, features: dict[str, dict], splits: dict[str, list[bytes]]
) -> Path:
    folder.mkdir(parents=True)
    for split, records in splits.items():
        shard = folder / f"{name}-{split}.tfrecord-00000-of-00001"
        shard.write_bytes(b"".join(map(_framed, records)))
    label = {
        "pythonClassName": _FEATURES + "class_label_feature.ClassLabel",
        "classLabel": {"numClasses": str(len(CLASSES[name]))},
    }
    (folder / "label.labels.txt").write_text("\n".join(CLASSES[name]) + "\n")
    tree = {
        "pythonClassName": _FEATURES + "features_dict.FeaturesDict",
        "featuresDict": {"features": features | {"label": label}},
    }
    (folder / "features.json").write_text(json.dumps(tree))
    info = {
        "name": name,
        "version": folder.name,
        "fileFormat": "tfrecord",
        "splits": [
            {
                "name": split,
                "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
                "numBytes": str(sum(map(len, records))),
                "shardLengths": [str(len(records))],
            }
            for split, records in splits.items()
        ],
    }
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


def _png(image: np.ndarray) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    height, width, _ = image.shape
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _example(values: dict[str, bytes | int]) -> bytes:
    entries = b""
    for key, value in values.items():
        if isinstance(value, bytes):
            feature = _field(1, _field(1, value))
        else:
            feature = _field(3, _field(1, _varint(value)))
        entries += _field(1, _field(1, key.encode()) + _field(2, feature))
    return _field(1, entries)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    octets = bytearray()
    while number > 127:
        octets.append(number & 127 | 128)
        number >>= 7
    return bytes([*octets, number])


def _framed(record: bytes) -> bytes:
    length = struct.pack("<Q", len(record))
    return length + _masked(length) + record + _masked(record)


def _table() -> list[int]:
    table = []
    for octet in range(256):
        for _ in range(8):
            octet = octet >> 1 ^ (0x82F63B78 if octet & 1 else 0)
        table.append(octet)
    return table


_CRC = _table()


def _masked(data: bytes) -> bytes:
    """Return the CRC-32C of the data, rotated and shifted as TFRecord requires."""
    value = 0xFFFFFFFF
    for octet in data:
        value = _CRC[(value ^ octet) & 255] ^ value >> 8
    value ^= 0xFFFFFFFF
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)
