"""A study in a few plain sentences, for people who do not read tables.

The answer is that of the page (`bench.report.answers`), in the same words.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from bench.analysis.analysis import Analysis
from bench.analysis.verdict import ALPHA
from bench.core.metric import Metric
from bench.core.study import ADVISED, BASELINE, EQUAL_TIME, TUNED, Study
from bench.report.answers import SHOWN, Answer, few_names, measured_rows, of_kind, study_answer
from bench.report.around import CARRIES, groups, left_out
from bench.report.card import Card
from bench.report.headings import baseline_row, main_baseline, tasks
from bench.report.rows import Row, decision_rows, step_time_name
from bench.report.texts import joined, seeds_text, shown, signed

FEW_SEEDS = 10
"""Number of seeds below which the text names the smallest effect that can be found."""
DESIGNS: Mapping[str, str] = {
    ADVISED: "They were chosen by `bench advise` on other seeds, and confirmed on these.",
    "leave-one-out": "Each technique of the stack was left out once and compared with the whole stack.",
    "around": "The base was compared with itself without one of its techniques, and with one more.",
}
KIND_SENTENCES: Mapping[str, str] = {
    "worse": "Shown to be worse: {}.",
    "same": "Within {margin} of the baseline, better or worse: {}.",
    "open": "Open, so neither better nor worse is shown: {}.",
}
LEFT_OUT_SENTENCES: Mapping[str, str] = {
    "worse": "The base stands on these, and is worse without them: {}.",
    "same": "Without these it stays within {margin}: {}.",
    "open": "Whether these carry anything is open: {}.",
}
"""Sentences about the base without one of its techniques, by the kind of the verdict."""


class Explanation(NamedTuple):
    """The sentences about one task."""

    task: str
    compared: tuple[str, ...]
    answer: tuple[str, ...]
    certainty: tuple[str, ...]
    cost: tuple[str, ...]
    limits: tuple[str, ...]
    """Conclusions that the study does not support."""


def explain(
    study: Study,
    analysis: Analysis,
    cards: Mapping[str, Card],
    missing: Collection[str] = (),
    damaged: bool = False,
    no_steps: str = "",
) -> list[Explanation]:
    """Explain each task of a study.

    Args:
        missing: names of the trials without a readable record.
        damaged: true if records could not be read.
        no_steps: reason why there are no step times; empty if `bench time` can measure them.
    """
    rows = decision_rows(study, analysis.decision, cards)
    words = "missing or damaged" if damaged else "missing"
    return [
        _task(study, analysis, rows, task, _unfinished(study, task, missing, words), no_steps)
        for task in tasks(study)
    ]


def _unfinished(study: Study, task: str, missing: Collection[str], words: str) -> str:
    """Count the trials of a task that are missing; empty if there are all."""
    names = [trial.name for trial in study.trials() if trial.arm.task == task]
    count = sum(name in missing for name in names)
    verb = "is" if count == 1 else "are"
    return f"Unfinished: {count} of {len(names)} trials {verb} {words}." if count else ""


def _task(
    study: Study,
    analysis: Analysis,
    rows: Sequence[Row],
    task: str,
    unfinished: str,
    no_steps: str,
) -> Explanation:
    answered = study_answer(study, analysis, rows, task)
    measured = measured_rows(rows, task)
    effects = analysis.effects
    effects = effects[effects["judged"] & (effects["task"] == task)]
    return Explanation(
        task=task,
        compared=tuple(_compared(study, analysis, measured, effects, task, unfinished)),
        answer=(f"{answered.lead}.", *_effects(study, measured, task)),
        certainty=tuple(_certainty(study, measured, effects)),
        cost=tuple(_cost(study, analysis, _named(measured), no_steps)),
        limits=tuple(_limits(study, analysis, measured, answered, task)),
    )


def _compared(
    study: Study,
    analysis: Analysis,
    measured: Sequence[Row],
    effects: pd.DataFrame,
    task: str,
    unfinished: str,
) -> Iterator[str]:
    base = ", ".join(use.name for use in study.base)
    pairs = {arm: int(n) for arm, n in zip(effects["arm"], effects["n"], strict=True) if n > 0}
    compared = [row.arm for row in measured if row.arm != f"{BASELINE}{TUNED}" and row.arm in pairs]
    what = f"compared with the baseline ({base or 'no technique'}) on {study.data[task]}"
    if compared:
        arms = f"{len(compared)} arm{'s were' if len(compared) != 1 else ' was'}"
        yield f"{arms} {what} at {_seeds(study, [pairs[arm] for arm in compared])}."
    else:
        yield f"No arm is {what} yet."
    if unfinished:
        yield unfinished
    if study.design in DESIGNS:
        yield DESIGNS[study.design]
    row = baseline_row(study, analysis.baselines, task)
    if row is not None and math.isfinite(row["gap"]):
        yield (
            f"The baseline gets {row['test_accuracy']:.1%} of the test examples right and "
            f"{row['train_accuracy']:.1%} of the training examples."
        )
    absent = [n.arm for n in study.not_applicable if n.task == task]
    if absent:
        yield f"Not applicable: {few_names(absent)}."


def _seeds(study: Study, pairs: Sequence[int]) -> str:
    """Write the number of compared seeds: `3 seeds`, `2 of 3 seeds` or `2 to 3 of 3 seeds`."""
    least, most = min(pairs), max(pairs)
    if least >= study.seeds:
        return seeds_text(least) if least == most else f"{least} to {seeds_text(most)}"
    count = f"{least}" if least == most else f"{least} to {most}"
    return f"{count} of {seeds_text(study.seeds)}"


def _named(measured: Sequence[Row]) -> list[Row]:
    """Return the arms that get figures of their own: the better ones, else the top ones.

    Arms that are compared with the baseline come first.
    """
    if any(_has_verdict(row) for row in measured):
        return [*of_kind(measured, "better"), *(row for row in measured if row.small_gain)][:SHOWN]
    return sorted(measured, key=lambda row: bool(row.against))[:SHOWN]


def _has_verdict(row: Row) -> bool:
    return row.evidence == "confirmatory"


def _effects(study: Study, measured: Sequence[Row], task: str) -> Iterator[str]:
    if study.synthetic:
        return
    figures, digits, hint = [], study.metric.digits, study.metric.direction
    for row in _named(measured):
        name = f"{row.arm} against {row.against}" if row.against else row.arm
        ends = [shown(end, f"+z.{digits}f") for end in (row.low, row.high)]
        between = f" ({ends[0]} to {ends[1]})" if all(ends) else ""
        said = f", {row.verdict}" if _has_verdict(row) else ""
        figures.append(f"{name} {signed(row.effect, digits)}{between}{said}")
    if figures:
        yield f"In {joined(study.metric.measure, hint and f'({hint})')}: {'; '.join(figures)}."
    unnamed = len(of_kind(measured, "better")) - SHOWN
    if unnamed > 0:
        yield f"{unnamed} more are better."
    margin = study.metric.amount(study.margin_on(task))
    headings = groups(study, task)
    less = [row for row in measured if headings.get(row.arm) == CARRIES]
    for kind, sentence in LEFT_OUT_SENTENCES.items():
        parts = [
            f"{', '.join(left_out(study, task, row.arm))} ({signed(row.effect, digits)})"
            for row in of_kind(less, kind)
        ]
        if parts:
            yield sentence.format(few_names(parts), margin=margin)
    others = [row for row in measured if row not in less]
    for kind, sentence in KIND_SENTENCES.items():
        if arms := [row.arm for row in of_kind(others, kind) if not row.small_gain]:
            yield sentence.format(few_names(arms), margin=margin)


def _certainty(study: Study, measured: Sequence[Row], effects: pd.DataFrame) -> Iterator[str]:
    evidence = {row.evidence for row in measured}
    if study.synthetic or not measured:
        return
    if evidence == {"smoke"}:
        yield (
            f"A smoke run of {seeds_text(study.seeds)} shows that the study runs, and not what is "
            "better."
        )
        return
    if "confirmatory" in evidence:
        count = len(set(study.family))
        yield (
            "The comparison was declared before the study ran. Its interval holds with 95%."
            if count == 1
            else f"All {count} comparisons were declared before the study ran. With 95%, all "
            "their intervals hold at once."
        )
    else:
        yield (
            "No comparison was declared in advance. Each interval holds with 95% for one arm alone, "
            "and the largest effects of many are larger than the truth."
        )
        yield from _standing_out(study.metric, effects)
    smallest = effects.loc[effects["n"] > 1, "mde"].median()
    if study.seeds < FEW_SEEDS and math.isfinite(smallest):
        effect = joined(f"{smallest:.{study.metric.digits}f}", study.metric.unit)
        yield f"With {study.seeds} seeds a true effect under about {effect} is often missed."


def _standing_out(judged: Metric, effects: pd.DataFrame) -> Iterator[str]:
    """Name the exploratory effects that survive the adjustment for many comparisons."""
    surviving = effects[(effects["p_adjusted"] < ALPHA) & (effects["family"] == "exploratory")]
    surviving = surviving.sort_values("effect", key=abs, ascending=False)
    words = [
        f"{direction}: {few_names(list(surviving.loc[side, 'arm']))}"
        for direction, side in (
            ("better", judged.sign * surviving["effect"] > 0),
            ("worse", judged.sign * surviving["effect"] < 0),
        )
        if side.any()
    ]
    finding = f"these stand out ({'; '.join(words)})" if words else "none stands out"
    yield f"Adjusted for the number of arms, {finding}."


def _cost(study: Study, analysis: Analysis, named: Sequence[Row], no_steps: str) -> Iterator[str]:
    devices = sorted(set(analysis.place["device"]))
    arms = [study.arm(row.task, row.arm) for row in named]
    lengths = [f"{a.name} {a.recipe['steps']:,}" for a in arms if EQUAL_TIME in a.treatment]
    if study.design == ADVISED and lengths:
        yield f"Each arm had the baseline's seconds, so many steps: {', '.join(lengths)}."
        return
    if not devices:
        command = f"The time of a step was not measured; `bench time {study.name}` measures it."
        yield no_steps or command
        return
    timed = [
        f"{row.cells['step'].text} with {row.arm} {row.cells['step'].detail}".strip()
        for row in named
        if row.cells["step"].text
    ]
    if timed:
        yield f"{step_time_name(devices)}, as a multiple of the reference's: {', '.join(timed)}."
    else:
        yield f"The table has the {step_time_name(devices)} of each arm."


def _limits(
    study: Study, analysis: Analysis, measured: Sequence[Row], answered: Answer, task: str
) -> Iterator[str]:
    if study.synthetic:
        yield "The data was generated. Nothing here holds for real data."
        return
    if answered.caution:
        yield answered.caution
    recipe = study.arm(task, main_baseline(study, task)).recipe
    yield (
        f"This is the answer for {recipe['train_examples']:,} training examples and "
        f"{recipe['steps']:,} steps. More data or a longer training can turn it around."
    )
    row = baseline_row(study, analysis.baselines, task)
    if row is not None and row["conditional"]:
        yield (
            "All seeds share their training examples. Other examples can move the effects by more "
            "than the intervals say."
        )
    if not study.metric.answers:
        yield (
            f"The intervals of {study.metric.title} hold for these test examples. Others can move the "
            "effects by more."
        )
    yield from _settings(study, task)
    for earlier in dict.fromkeys(effect.study for effect in study.seen if effect.task == task):
        yield f"Study {earlier} showed effects on these seeds before: this is no fresh confirmation."
    lost = analysis.decision
    lost = lost[(lost["task"] == task) & (lost["diverged"] > 0)]
    if len(lost):
        counts = zip(lost["arm"], lost["diverged"], strict=True)
        arms = [f"{arm} ({diverged:.0f} of {study.seeds})" for arm, diverged in counts]
        yield (
            f"Training diverged in trials of {few_names(arms)}. Their effects are those of the "
            "trials that did not diverge."
        )
    if of_kind(measured, "open") or not of_kind(measured, "better"):
        yield "An effect that is not shown is not an effect of zero."


def _settings(study: Study, task: str) -> Iterator[str]:
    """Describe the settings of the arms."""
    arms = [arm for arm in study.arms if arm.task == task and arm.role == "treatment"]
    if study.design == ADVISED:
        yield (
            "Learning rates were tried as far as the budget went, and the parameters of techniques are "
            "the defaults. A technique that is worse here can be better at another setting."
        )
        return
    if any(arm.name.endswith(TUNED) for arm in arms):
        yield (
            "The settings of all arms, the baseline's too, were tuned with the same effort, on "
            "validation and on other seeds. Another setting can be better still."
        )
        return
    if any("[" in arm.name for arm in arms) and study.design == "one-in":
        yield (
            "Several settings of one technique ran on the same seeds. The best of them looks better "
            "than it is; fresh seeds say how good it is."
        )
    else:
        yield (
            "Nothing was tuned: each technique has its default parameters and the baseline's "
            "learning rate. A technique that is worse here can be better at another setting."
        )
