"""`bench show NAME`: the card of a strategy, or a task's recipes."""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import options as shared
from bench.cli.options import RESULTS
from bench.core.errors import unknown
from bench.core.strategy import COST_LIMITS, Strategy
from bench.tasks.task import Task


def show(
    name: Annotated[str, typer.Argument(help="A strategy or a task.")],
    plugin: shared.Plugins = None,
    results: shared.Results = RESULTS,
) -> None:
    """Show what is known of a strategy: equation, parameters, claims, what was measured here."""
    registry = shared.registry(plugin)
    if name in registry.strategies:
        print(card(registry.strategies[name]))
        print(measured(name, results))
    elif name in registry.tasks:
        print(task_card(registry.tasks[name]))
    else:
        raise unknown("strategy or task", name, [*registry.strategies, *registry.tasks])


def card(kind: type[Strategy]) -> str:
    """Describe a strategy."""
    facts, paper = kind.facts, kind.facts.paper
    source = f"{paper.authors} {paper.year}, {paper.title}"
    source += f", arXiv {paper.arxiv}" if paper.arxiv else ""
    lines = [f"{facts.name} ({facts.family}): {facts.summary}", ""]
    lines += textwrap.dedent("    " + (kind.__doc__ or "").strip()).splitlines()
    lines += ["", f"equation    {facts.equation}", f"source      {source}"]
    lines.append(f"applies to  {', '.join(facts.modalities)}")
    if facts.cost not in COST_LIMITS:
        raise unknown(f"cost class of {facts.name}", facts.cost, COST_LIMITS)
    limit = COST_LIMITS[facts.cost]
    lines.append(f"cost        {facts.cost}: at most {limit:.0%} over the baseline's step")
    if isinstance(facts.identity, str):
        lines.append(f"identity    none: {facts.identity}")
    else:
        settings = ", ".join(f"{key}={value:g}" for key, value in facts.identity.items())
        lines.append(f"identity    {settings}")
    for conflict, why in facts.conflicts.items():
        lines.append(f"conflicts   {conflict}: {why}")
    lines += ["", "parameters"]
    for declared in dataclasses.fields(kind):
        meta = declared.metadata
        allowed = (
            "one of " + ", ".join(meta["choices"])
            if meta.get("choices")
            else f"in [{meta.get('low')}, {meta.get('high')}]"
        )
        lines.append(f"  {declared.name} = {declared.default}  {allowed}  {meta.get('doc', '')}")
    if facts.claims:
        lines += ["", f"claims of the paper ({paper.authors} {paper.year})"]
        lines += [f"  - {claim}" for claim in facts.claims]
    return "\n".join(lines)


def measured(name: str, results: Path) -> str:
    """Describe the measured effects of a strategy, from the tables in a results folder."""
    import pandas as pd

    from bench.core.metric import JUDGED
    from bench.core.metrics import metric_of

    lines = ["", f"measured by the studies in {results}"]
    for path in sorted(results.glob("*/tables/effects.csv")):
        effects, study = pd.read_csv(path), path.parent.parent.name
        if not {"arm", "task", "metric", "effect", "low", "high", "verdict", "n"} <= set(effects):
            continue
        # Tables of older versions have no such column; all of them judge the usual metric.
        judged = effects["judged"] if "judged" in effects else effects["metric"] == JUDGED
        rows = effects[(effects["arm"] == name) & judged]
        steps = _steps(path.with_name("step_times.csv"), name)
        found: list[Any] = rows.to_dict("records")
        for row in found:
            metric = metric_of(row["metric"])
            effect = metric.told(row["effect"], row["low"], row["high"])
            lines.append(
                f"  {study}, {row['task']}: {metric.title} {effect}, {row['n']} seeds, "
                f"{row['verdict']}" + steps.get(row["task"], "")
            )
    return "\n".join(lines if len(lines) > 2 else [*lines, "  nothing yet: `bench run` measures"])


def _steps(path: Path, name: str) -> dict[str, str]:
    """Return task -> the cost of the strategy's step, from a table of step times."""
    import pandas as pd

    times = pd.read_csv(path) if path.exists() else pd.DataFrame()
    if not {"arm", "task", "ratio", "device"} <= set(times):
        return {}
    rows = times[times["arm"] == name]
    ratios = [f"x{row.ratio:.2f} ({row.device})" for row in rows.itertuples()]
    return {
        task: "; step " + ", ".join(costs)
        for task, costs in pd.Series(ratios).groupby(rows["task"].array)
    }


def task_card(task: Task) -> str:
    """Describe a task and its recipes."""
    facts = task.facts
    lines = [f"{facts.name} ({facts.modality}, {facts.classes} classes): {task.summary}", ""]
    for profile, recipe in task.profiles.items():
        lines.append(f"recipe of the profile {profile}")
        lines += [f"  {key} = {value}" for key, value in recipe.values().items()]
    return "\n".join(lines)
