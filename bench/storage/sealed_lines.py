"""Lines of JSON with a checksum over their content.

`{"sha256":…,"kind":…,"study":…,"name":…,"payload":…}`: the checksum covers all the bytes that
follow it, so that a line can be checked without parsing its payload.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple

LARGEST = 64 * 2**20
"""Bytes of the largest line that is read."""

_START = b'{"sha256":"'
_PAYLOAD = b',"payload":'


class BrokenError(Exception):
    """Bytes that are truncated, altered or not the suite's; the message says which."""


class Sealed(NamedTuple):
    """A line whose checksum holds; `payload` is canonical JSON."""

    kind: str
    study: str
    name: str
    payload: bytes

    def line(self) -> bytes:
        """Return the bytes that `unseal` reads, without a line end."""
        header = {"kind": self.kind, "study": self.study, "name": self.name}
        head = json.dumps(header, separators=(",", ":"))[1:-1].encode()
        body = head + _PAYLOAD + self.payload + b"}"
        return _START + sha256(body).hexdigest().encode() + b'",' + body


def unseal(line: bytes) -> Sealed:
    """Read a line that `Sealed.line` wrote.

    Raises:
        BrokenError: these bytes are no such line.
    """
    line = line.rstrip(b"\n")
    begin = len(_START) + 64 + 2
    if not line.startswith(_START) or line[begin - 2 : begin] != b'",':
        raise BrokenError("not a record of this suite" if line else "empty")
    body = line[begin:]
    if sha256(body).hexdigest().encode() != line[len(_START) : begin - 2]:
        raise BrokenError("its checksum does not hold (truncated or altered)")
    head, _, payload = body.partition(_PAYLOAD)
    try:
        header = json.loads(b"{" + head + b"}")
        kind, study, name = (str(header[key]) for key in ("kind", "study", "name"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BrokenError("its header is not this suite's") from error
    return Sealed(kind, study, name, payload[:-1])
