"""Profiles: sizes of a study. Their recipes belong to the tasks."""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    """Default settings of a study of one size."""

    name: str
    seeds: int
    processes: int
    """Fresh processes for each step time; one process gives no interval."""
    tunes: bool = False
    """True if a study tunes its arms first, unless it is told not to."""
    short: float = 1.0
    """Share of the steps in the first round of a tuning; 1: one round, at full length."""
    hours: float = 12.0
    """Hours that a trial may run."""


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("smoke", seeds=2, processes=0),
        Profile("quick", seeds=3, processes=1),
        Profile("standard", seeds=10, processes=5),
        Profile("strong", seeds=5, processes=5, tunes=True, short=0.25),
        Profile("full", seeds=5, processes=5, short=0.25),
    )
}
QUICK = PROFILES["quick"]
HELP = f"{', '.join([*PROFILES][:-1])} or {[*PROFILES][-1]}."
