"""Booleans as text: eight to a byte, in base64."""

from __future__ import annotations

import base64

import numpy as np


def packed(values: np.ndarray) -> str:
    """Pack booleans [count] (`numpy.packbits`) into base64."""
    return base64.b64encode(np.packbits(values).tobytes()).decode()


def unpacked(text: str, count: int) -> np.ndarray:
    """Return the `count` booleans that `packed` wrote."""
    return np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=count).astype(bool)
