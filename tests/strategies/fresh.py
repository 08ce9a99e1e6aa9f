"""Train every strategy on every task to which it applies, and print the results.

    python -m tests.strategies.fresh SEED...

Each arm is traced once and trained with the seeds in turn; JSON of the last one's digests.
"""

from __future__ import annotations

import json
import os
import sys

from bench.core.strategy import applicability, configured
from bench.plugins.registry import Registry, find
from tests.strategies.settings import ACTING


def cases(registry: Registry) -> list[tuple[str, str]]:
    """List all pairs of a task and a strategy that applies to it."""
    return [
        (task.facts.name, name)
        for task in registry.tasks.values()
        for name, kind in registry.strategies.items()
        if applicability(configured(kind, ACTING.get(name, {})), task.facts) is None
    ]


def main(seeds: list[int]) -> None:
    from tests.tiny import tiny_arm, trace

    registry = find()
    digests = {}
    for task, name in [*((task, "") for task in registry.tasks), *cases(registry)]:
        strategies = [configured(registry.strategy(name), ACTING.get(name, {}))] if name else []
        arm = tiny_arm(registry.task(task), strategies)
        for seed in seeds:
            digests[f"{task}/{name}"] = trace(arm, seed).digest()
    print(json.dumps(digests))


if __name__ == "__main__":
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    main([int(seed) for seed in sys.argv[1:]])
