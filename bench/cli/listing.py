"""`bench list`: strategies by family, tasks, presets."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import options as shared

if TYPE_CHECKING:
    from bench.plugins.registry import Registry


def list_names(
    plugin: shared.Plugins = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List strategies by family, and tasks."""
    from bench.data.own.address import KINDS

    registry = shared.registry(plugin)
    if as_json:
        print(json.dumps(described(registry)))
        return
    facts = [kind.facts for kind in registry.strategies.values()]
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
    print(f"  {', '.join(f'{kind}:...' for kind in KINDS)}: your own data (docs/own-data.md)")
    print("presets (for --stack and --base)")
    for name, preset in registry.presets.items():
        print(f"  {name:<{width}}{'+'.join(preset.strategies)}")
    print("* in the default set; `bench show NAME` tells more")


def described(registry: Registry) -> dict[str, list[dict[str, Any]]]:
    """Describe all strategies, tasks and presets."""
    fields = ("name", "family", "summary", "modalities", "cost", "default")
    facts = [kind.facts for kind in registry.strategies.values()]
    return {
        "strategies": [
            {**{field: getattr(f, field) for field in fields}, "arxiv": f.paper.arxiv}
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
