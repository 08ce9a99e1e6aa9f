"""The tables of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from bench.analysis.analysis import Analysis
from bench.core.metrics import columns as metric_columns
from bench.core.study import Study
from bench.report import study_columns as columns
from bench.report.card import Card
from bench.report.cost_class import with_cost_class
from bench.report.headings import against, base_name, headings
from bench.report.tables import Column, Table


def study_tables(
    study: Study, analysis: Analysis, trials: pd.DataFrame, cards: Mapping[str, Card]
) -> list[Table]:
    """Make the tables of a study; the first two are the decision table and the effects.

    Tables that only some studies have (interactions, leave-one-out) are left out where empty.
    """
    lines = headings(study, analysis.baselines)
    base = base_name(study)

    def table(name: str, title: str, frame: pd.DataFrame, specs: tuple[Column, ...]) -> Table:
        frame = frame.assign(base=base)
        if "data" not in frame:  # trials carry their own
            frame = frame.assign(data=frame["task"].map(study.data), synthetic=study.synthetic)
        return Table(name, title, lines, frame, specs)

    a, times = analysis, with_cost_class(study, analysis.step_times, cards)
    evaluated = "Evaluation with recalibrated and with moving statistics of normalization layers"
    sampling = "Where the error of an effect comes from"
    judged = study.metric
    pairs, left_out, parts = (
        make(judged)
        for make in (
            columns.interaction_columns,
            columns.leave_one_out_columns,
            columns.test_sampling_columns,
        )
    )
    always = [
        table("decision", "Decision table", a.decision, _decision_columns(study, analysis)),
        table("effects", "Effects", a.effects, columns.EFFECTS),
        table("trials", "Trials", trials, columns.trial_columns()),
        table("step_times", _step_title(analysis), times, columns.STEP_TIMES),
        table("convergence", "Convergence", a.convergence, columns.CONVERGENCE),
        table("areas", "Area under the validation curve", a.areas, columns.AREAS),
        table("divergence", "Divergence", a.divergence, columns.DIVERGENCE),
        table("fairness", "What was equal between the arms", a.fairness, columns.FAIRNESS),
    ]
    some = [
        table(
            "candidates",
            "Arms that may be the best",
            a.candidates,
            columns.candidate_columns(judged),
        ),
        table("interactions", "Interactions of pairs", a.interactions, pairs),
        table("leave_one_out", "Leave one out", a.leave_one_out, left_out),
        table("moving_statistics", evaluated, a.moving_statistics, columns.MOVING_STATISTICS),
        table("predictions", "Ways to predict", a.predictions, columns.PREDICTIONS),
        table("per_class", "Effects per class", a.per_class, _class_columns(a)),
        table("test_sampling", sampling, a.test_sampling, parts),
    ]
    return [*always, *(t for t in some if len(t.frame))]


def _decision_columns(study: Study, analysis: Analysis) -> tuple[Column, ...]:
    """Show the reference if an arm has another one than its task's baseline.

    An optional metric without a value has no column.
    """
    empty = {
        column.key
        for metric, column in metric_columns(study.metric)
        if metric.optional and not analysis.decision[column.key].notna().any()
    }
    rows = analysis.decision[["task", "reference"]].dropna()
    several = any(against(study, task, arm) for task, arm in rows.itertuples(index=False))
    heading = "against" if several else ""
    return tuple(
        replace(column, heading=heading) if column.key == "reference" else column
        for column in columns.decision_columns(study.metric)
        if column.key not in empty
    )


def _class_columns(analysis: Analysis) -> tuple[Column, ...]:
    """Leave out the names of classes where no task has them."""
    named = bool((analysis.per_class["class_name"] != "").any())
    return tuple(c for c in columns.PER_CLASS if named or c.key != "class_name")


def _step_title(analysis: Analysis) -> str:
    devices = set(analysis.step_times["device"])
    if devices == {"CPU"}:
        return "CPU step time"
    return "Step time" if devices else "Step time: not measured"
