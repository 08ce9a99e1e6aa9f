"""The texts of an advice: its plan, the story of its rounds, the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from bench.advising.advice import Advice, RoundState, read_advice
from bench.advising.choosing import RATES, SCREENING, choice_seconds, halvings, kept
from bench.advising.confirming import (
    LEAST_SEEDS,
    MEMBERS,
    better,
    recommended,
    smallest_effect,
)
from bench.advising.rounds import Stack, name_of
from bench.analysis.analysis import Analysis
from bench.analysis.verdict import FIX_BASELINE, NOT_COMPARED, small_gain
from bench.core.duration import duration
from bench.core.metric import Metric, Objective
from bench.core.metrics import objective_of
from bench.core.study import BASELINE, Study
from bench.report.answers import few_names
from bench.report.texts import interval, signed

STAGES: Mapping[str, str] = {
    "probe": "probe",
    "screen": "screening: each technique alone, against the baseline",
    "stack": "stacking: changes of the present stack, against it",
}

SAME_TIME = 0.05
"""Share by which times of training differ on a machine that does other things too."""


class Step(NamedTuple):
    """A line of the story."""

    stage: str
    arms: str
    seeds: int
    time: str
    result: str


def plan_lines(advice: Advice, seconds: float, jobs: int) -> list[str]:
    """Describe what the budget allows, before anything is spent.

    Args:
        advice: an advice after its probe, with its techniques.
        seconds: seconds of the budget that a trial of the baseline takes.
        jobs: trials side by side.
    """
    trials = advice.budget / seconds
    count = len(advice.techniques)
    rounds, sizes = halvings(count), [count]
    while len(sizes) < rounds:
        sizes.append(kept(sizes[-1]))
    seeds = max(1, int(SCREENING * trials / rounds / (count + 1)))
    arms = min(MEMBERS, count - 1) + 2
    choice = choice_seconds(advice.budget, seconds) / seconds
    confirmed = int((trials - choice) / arms)
    lines = [
        f"{advice.task}, profile {advice.profile}, for {advice.objective}: a trial takes "
        f"{seconds:.1f} s of the budget here ({jobs} side by side), so {duration(advice.budget)} are "
        f"about {trials:.0f} trials",
        f"screening: {' then '.join(map(str, sizes))} techniques and the baseline, from {seeds} "
        f"seed{'s' if seeds > 1 else ''} a round on, in {SCREENING:.0%} of the budget",
        f"stacking: about {max(0, choice - SCREENING * trials):.0f} trials of techniques on top of each "
        "other",
        f"confirmation: about {confirmed} fresh seeds of up to {arms} arms",
        _power(advice, arms - 1, confirmed),
        _tuning(advice.techniques),
    ]
    if objective_of(advice.objective)[1].equal_time:
        lines.append("every technique trains for the baseline's seconds; its step is timed first")
    if advice.left_out:
        lines.append(
            f"left out: {few_names([f'{n} ({why})' for n, why in advice.left_out.items()])}"
        )
    return lines


def _tuning(techniques: Sequence[str]) -> str:
    """Say which learning rates are tried; parameters of techniques are not tuned."""
    rates = [name for name in RATES if name in techniques]
    if not rates:
        return "nothing is tuned: the learning rate and all parameters are the defaults"
    factors = ", ".join(name.partition("=")[2] for name in rates)
    return (
        f"learning rates of {factors} the recipe's are tried like techniques, alone and in stacks; "
        "parameters of techniques are the defaults"
    )


def _power(advice: Advice, arms: int, seeds: int) -> str:
    if seeds < LEAST_SEEDS:
        return (
            f"that is too little for a verdict, which takes {LEAST_SEEDS} seeds: the answer will be a "
            "smoke run"
        )
    metric, objective = objective_of(advice.objective)
    smallest = f"{smallest_effect(arms, seeds, objective.typical_sd):.{metric.digits}f}"
    return (
        f"the confirmation will show effects from {smallest} {metric.measure} on, in 80% of the cases "
        f"(paired differences vary by {objective.typical_sd} in the committed studies)"
    )


class Story(NamedTuple):
    """The rounds of an advice, and what they looked for."""

    objective: Objective
    steps: list[Step]


def story(folder: Path) -> Story | None:
    """Return the story of the advice in a study's folder; None where there is none."""
    advice = read_advice(folder)
    if advice is None:
        return None
    steps = [_step(states) for states in _together(advice.rounds)]
    if advice.timing_seconds:
        time = duration(advice.timing_seconds)
        steps.insert(1, Step("step times", "each technique and the baseline in turn", 0, time, ""))
    if advice.family:
        arms = ", ".join([BASELINE, *map(name_of, advice.family)])
        time = duration(advice.confirmation_seconds)
        steps.append(Step("confirmation, on fresh seeds", arms, 0, time, "the decision table"))
    return Story(objective_of(advice.objective)[1], steps)


def _together(states: Sequence[RoundState]) -> list[list[RoundState]]:
    """Gather rounds in a row that change the same stack."""
    groups: list[list[RoundState]] = []
    for state in states:
        last = groups[-1][-1].round if groups else None
        stacking = last is not None and last.stage == state.round.stage == "stack"
        if stacking and last is not None and last.present == state.round.present:
            groups[-1].append(state)
        else:
            groups.append([state])
    return groups


def _step(states: Sequence[RoundState]) -> Step:
    last = states[-1].round
    present, stage = last.present, STAGES[last.stage]
    stacks = dict.fromkeys(s for state in states for s in state.round.stacks if s != present)
    arms, result = name_of(present), states[-1].result
    if last.stage == "stack":
        stage = f"{stage}, {len(states)} round{'' if len(states) == 1 else 's'}"
        arms = f"{arms} and it with {few_names([_change(s, present) for s in stacks])}"
        result = ", ".join(_changed(text, present) for text in result.split(", "))
    elif stacks:
        arms = f"{arms} and {few_names([name_of(s) for s in stacks])}"
    seeds = sum(len(state.round.seeds) for state in states)
    return Step(stage, arms, seeds, duration(sum(state.seconds for state in states)), result)


def _change(stack: Stack, present: Stack) -> str:
    """Write a stack as its difference to the present one: `mixup`, `without ema`."""
    added = [name for name in stack if name not in present]
    left = [f"without {name}" for name in present if name not in stack]
    return " ".join([*added, *left])


def _changed(result: str, present: Stack) -> str:
    """Write an estimate of a round (`ema+mixup +0.3 ± 0.2`) with the difference."""
    name, _, rest = result.partition(" ")
    stack = () if name == BASELINE else tuple(name.split("+"))
    return f"{_change(stack, present)} {rest}" if rest else result


def answer_lines(
    advice: Advice, study: Study, analysis: Analysis, ratios: Mapping[str, float]
) -> list[str]:
    """State what to use, how sure that is, what it costs, what carries it, and what is open.

    Args:
        ratios: arm -> time of its training over the baseline's.
    """
    every = analysis.decision[analysis.decision["task"] == advice.task]
    rows = every[every["n"] > 0]
    by_arm = {str(row["arm"]): row for _, row in rows.iterrows()}
    verdicts = {arm: str(row["verdict"]) for arm, row in by_arm.items()}
    metric = study.metric
    gains = {name: metric.sign * float(row["effect"]) for name, row in by_arm.items()}
    arm = recommended(verdicts, gains)
    lines = [_lead(arm, study, by_arm)]
    lines += [f"  {name}: {_figures(metric, row)}" for name, row in by_arm.items()]
    why = dict(zip(every["arm"], every["warning"], strict=True))
    lines += [
        f"  {name}: {_remarked(NOT_COMPARED, why.get(name))}"
        for _, name in study.family
        if name not in by_arm
    ]
    if arm is not None:
        alike = [name for name in better(verdicts) if by_arm[name]["candidate"] is True]
        if rivals := [name for name in alike if name != arm]:
            listed = few_names([f"{name}{_shorter(name, arm, ratios)}" for name in rivals])
            lines.append(f"not separable from {arm}, so perhaps as good: {listed}")
        lines += list(_settings(study, advice.task, arm))
        lines += list(_cost(arm, ratios))
    unit = objective_of(advice.objective)[1].unit
    if advice.carried and len(advice.stack) > 1:
        lines.append(
            f"what each member adds to the rest of {name_of(advice.stack)}, as the choice saw it on "
            f"validation (estimate ± standard deviation, {unit}): {', '.join(advice.carried)}"
        )
    lines += list(_open(advice, study, rows))
    lines.append(f"{_tuning(advice.techniques)}: another strength can change the order")
    return lines


def _lead(arm: str | None, study: Study, by_arm: Mapping[str, pd.Series]) -> str:
    if study.synthetic:
        return "Stand-in data: no advice"
    if arm is not None:
        n = int(by_arm[arm]["n"])
        seeds = f"{n} of {study.seeds}" if n < study.seeds else str(n)
        return f"Use {arm}: {by_arm[arm]['verdict']}, confirmed on {seeds} fresh seeds"
    if not by_arm:
        return "No advice: no trial of the confirmation could be compared"
    if any(row["verdict"] == FIX_BASELINE for row in by_arm.values()):
        return "No advice: fix the baseline first, it diverged"
    if study.seeds < LEAST_SEEDS:
        return (
            f"No advice: a verdict takes {LEAST_SEEDS} seeds, and there was time for "
            f"{study.seeds}; take a larger --budget"
        )
    sign = study.metric.sign
    small = [
        name
        for name, row in by_arm.items()
        if small_gain(row["verdict"], row["low"], row["high"], sign)
    ]
    found = "no arm is shown to be better than the baseline"
    if small:
        found = f"better than the baseline, but by less than the margin, {_are(small)}"
    return f"Nothing is recommended: {found}, on {study.seeds} fresh seeds"


def _are(names: Sequence[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} {few_names(names)}"


def _figures(metric: Metric, row: pd.Series) -> str:
    between = interval(row["low"], row["high"], metric.digits)
    text = f"{signed(row['effect'], metric.digits)} {metric.measure} {between}, {row['verdict']}"
    return _remarked(text, row["warning"])


def _remarked(text: str, remark: object) -> str:
    return f"{text}; {remark}" if isinstance(remark, str) and remark else text


def _settings(study: Study, task: str, arm: str) -> Iterator[str]:
    uses, recipe = study.arm(task, arm).strategies, study.arm(task, arm).recipe
    texts = [
        f"{use.name}({', '.join(f'{k}={v}' for k, v in use.parameters.items())})" for use in uses
    ]
    steps = recipe["steps"]
    longer = f"; {steps} steps" if steps != study.arm(task, BASELINE).recipe["steps"] else ""
    listed = f"{', '.join(texts)}; " if texts else ""
    yield f"settings: {listed}learning rate {recipe['learning_rate']:g}{longer}"


def _cost(arm: str, ratios: Mapping[str, float]) -> Iterator[str]:
    if arm in ratios:
        yield (
            f"cost: training took {ratios[arm]:.2f} times as long as the baseline's in the trials of "
            "this advice; `bench time` measures the step"
        )


def _shorter(name: str, arm: str, ratios: Mapping[str, float]) -> str:
    """Tell the share of an arm's training time that another one takes, if it is less."""
    share = ratios.get(name, math.nan) / ratios.get(arm, math.nan)
    return f" (in {share:.2f} of its training time)" if share < 1 - SAME_TIME else ""


def _open(advice: Advice, study: Study, rows: pd.DataFrame) -> Iterator[str]:
    """List the open comparisons, and the hours that would decide them."""
    if study.synthetic or not study.seeds:
        return
    seed_seconds = advice.confirmation_seconds / study.seeds
    for _, row in rows[rows["verdict"] == "open"].iterrows():
        ends = [float(row["seeds_low"]), float(row["seeds_high"])]
        if all(math.isfinite(end) for end in ends):
            low, high = (duration(seed_seconds * end) for end in ends)
            yield f"not decided: {row['arm']}; a new study of these arms decides it in {low} to {high}"
    if advice.left_out:
        names: Sequence[str] = [f"{name} ({why})" for name, why in advice.left_out.items()]
        yield f"not tried: {few_names(names)}"
