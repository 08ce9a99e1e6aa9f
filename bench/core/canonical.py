"""Canonical JSON, the same bytes for the same value, and its hash."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def canonical_json(value: Any) -> bytes:
    """Encode a value as JSON; the order of its keys does not matter.

    Raises:
        ValueError: it holds a number that is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def canonical_hash(value: Any, digits: int = 16) -> str:
    """Hash a JSON-like value: the first hexadecimal digits of the SHA-256, 64 at most."""
    return sha256(canonical_json(value)).hexdigest()[:digits]
