"""Why a trial has no record."""

from __future__ import annotations

from typing import Literal

from bench.core.record import Schema

Kind = Literal["raised", "crashed", "killed", "timeout"]


class Failure(Schema):
    """What happened to a trial that measured nothing.

    `raised`: its code raised; `crashed`: its process ended; `killed`: something ended its process,
    often for memory; `timeout`: it ran past the time limit. Divergence is none of these: that is a
    result, and a record.
    """

    kind: Kind
    reason: str
