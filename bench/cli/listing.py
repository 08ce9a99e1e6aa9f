"""`bench list`: strategies by family, tasks, profiles."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Annotated, Any

import typer

from bench.cli.options import Plugins


def list_names(
    plugin: Plugins = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List strategies by family, and tasks."""
    from bench.plugins.registry import find

    registry = find(plugin or ())
    facts = [kind.facts for kind in registry.strategies.values()]
    if as_json:
        found: dict[str, list[dict[str, Any]]] = {
            "strategies": [
                {
                    "name": f.name,
                    "family": f.family,
                    "summary": f.summary,
                    "modalities": list(f.modalities),
                    "cost": f.cost,
                    "default": f.default,
                    "arxiv": f.paper.arxiv,
                }
                for f in facts
            ],
            "tasks": [
                {
                    "name": task.facts.name,
                    "modality": task.facts.modality,
                    "classes": task.facts.classes,
                    "summary": task.summary,
                    "profiles": list(task.profiles),
                }
                for task in registry.tasks.values()
            ],
            "presets": [
                {"name": name, "strategies": list(preset.strategies), "why": preset.why}
                for name, preset in registry.presets.items()
            ],
        }
        print(json.dumps(found))
        return
    width = max(len(f.name) for f in facts) + 2
    by_family = sorted(facts, key=lambda f: (f.family, f.name))
    for family, members in groupby(by_family, key=lambda f: f.family):
        print(f"{family}")
        for f in members:
            mark = "*" if f.default else " "
            print(f" {mark}{f.name:<{width}}{f.summary} ({', '.join(f.modalities)})")
    print("tasks")
    for task in registry.tasks.values():
        print(f"  {task.facts.name:<{width}}{task.summary}")
    print("presets (for --stack)")
    for name, preset in registry.presets.items():
        print(f"  {name:<{width}}{'+'.join(preset.strategies)}")
    print("* in the default set; `bench show NAME` tells more")
