"""Reasons why a trial has no record."""

from __future__ import annotations

from typing import Literal

from bench.core.record import Schema

Kind = Literal["raised", "crashed", "killed", "timeout"]


class Failure(Schema):
    """The end of a trial that measured nothing.

    `raised`: its code raised an exception. `crashed`: its process ended. `killed`: something ended
    its process, often for memory. `timeout`: it ran past the time limit. A trial that diverged is
    no failure: divergence is a result and has a record.
    """

    kind: Kind
    reason: str
