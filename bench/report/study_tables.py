"""Which tables a study has, and the columns and formats of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from bench.analysis.analysis import Analysis
from bench.core.metric import columns as metric_columns
from bench.core.metric import recorded_metrics
from bench.core.study import Study
from bench.report.card import Card
from bench.report.cost_class import with_cost_class
from bench.report.headings import against, base_name, headings
from bench.report.tables import Column, Table, table_columns

_ORIGIN = (("data",), ("synthetic",), ("base",))

_TRIALS_BEFORE = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("seed", "seed"),
    ("data",),
    ("synthetic",),
    ("base",),
    ("status", "status"),
)
_TRIALS_AFTER = table_columns(
    ("steps", "steps", ".0f"),
    ("examples", "", ".0f"),
    ("parameters", "", ".0f"),
    ("train_seconds", "", ".3f"),
    ("reference",),
    ("role",),
    ("treatment",),
    ("recipe_hash",),
    ("order_hash",),
    ("data_hash",),
    ("settings_hash",),
)
EFFECTS = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("reference", "reference"),
    ("metric", "metric"),
    ("unit", "unit"),
    ("n", "n", ".0f"),
    ("effect", "effect", ".6g", "+.3f"),
    ("low", "low", ".6g", "+.3f"),
    ("high", "high", ".6g", "+.3f"),
    ("p", "p", ".6g", ".3g"),
    ("p_adjusted", "p adjusted", ".6g", ".3g"),
    ("verdict", "verdict"),
    ("family",),
    ("sd", "sd", ".6g", ".3f"),
    ("sign_flip_p", "", ".6g"),
    ("d_z", "d_z", ".6g", ".2f"),
    ("tost_p", "", ".6g"),
    ("equivalence_low", "", ".6g"),
    ("equivalence_high", "", ".6g"),
    ("welch_p", "", ".6g"),
    ("seed_correlation", "", ".6g"),
    ("margin", "", ".6g"),
    ("mde", "detectable", ".6g", ".2f"),
    ("seeds_needed", "", ".0f"),
    ("seeds_to_detect", "", ".0f"),
    *_ORIGIN,
    ("warning", "note"),
)
_DECISION_BEFORE = table_columns(
    ("task", "task"),
    ("arm", "strategy"),
    ("reference",),
    ("n", "seeds", ".0f"),
    ("effect", "effect (points)", ".6g", "+.1f"),
    ("low", "low", ".6g", "+.1f"),
    ("high", "high", ".6g", "+.1f"),
    ("equivalence_low", "", ".6g"),
    ("equivalence_high", "", ".6g"),
    ("margin", "", ".6g"),
    ("p_adjusted", "", ".6g"),
    ("verdict", "verdict"),
    ("family",),
    ("tuned_effect", "tuned effect (points)", ".6g", "+.1f"),
    ("tuned_low", "", ".6g"),
    ("tuned_high", "", ".6g"),
    ("step_time_ratio", "step time (ratio)", ".6g", ".3f"),
    ("step_time_low", "", ".6g"),
    ("step_time_high", "", ".6g"),
    ("processes", "", ".0f"),
    ("device", "timed on"),
    ("examples_ratio", "examples to target (ratio)", ".6g", ".2f"),
    ("hit_rate", "reached target", ".6g", ".2f"),
    ("seconds_ratio", "time to target (ratio)", ".6g", ".2f"),
    ("decomposition",),
)
_DECISION_AFTER = table_columns(
    ("on_front", "Pareto front"),
    ("seeds_needed", "seeds to decide", ".0f"),
    *_ORIGIN,
    ("warning", "note"),
)
STEP_TIMES = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("device", "device"),
    ("machine",),
    ("processes", "processes", ".0f"),
    ("ratio", "ratio to the reference", ".6g", ".3f"),
    ("low", "low", ".6g", ".3f"),
    ("high", "high", ".6g", ".3f"),
    ("cost_class", "declared cost"),
    ("cost_limit", "at most", ".6g", ".2f"),
    ("within", "within it"),
    ("arm_ms", "step (ms)", ".6g", ".2f"),
    ("arm_iqr_ms", "IQR (ms)", ".6g", ".2f"),
    ("baseline_ms", "reference step (ms)", ".6g", ".2f"),
    ("baseline_iqr_ms", "", ".6g"),
    ("first_step_s", "first step (s)", ".6g", ".2f"),
    ("baseline_first_step_s", "", ".6g"),
    ("examples_per_second", "examples/s", ".6g", ".0f"),
    ("peak_memory_mb", "peak memory (MB)", ".6g", ".0f"),
    ("baseline_peak_memory_mb", "", ".6g"),
    ("memory_ratio", "", ".6g"),
    ("parameters", "parameters", ".0f"),
    ("baseline_parameters", "", ".0f"),
    ("input_ms", "", ".6g"),
    ("load_average", "", ".6g"),
    ("matrix_rate_share", "share of matrix rate", ".6g", ".2f"),
    *_ORIGIN,
    ("notes", "note"),
)
CONVERGENCE = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("reference",),
    ("target", "target (share)", ".2f"),
    ("accuracy", "at accuracy", ".6f", ".4f"),
    ("n", "n", ".0f"),
    ("hits", "reached", ".0f"),
    ("hit_rate", "", ".6g"),
    ("examples", "examples (restricted mean)", ".6g", ".0f"),
    ("steps", "steps", ".6g", ".0f"),
    ("horizon", "", ".0f"),
    ("examples_ratio", "ratio to the reference", ".6g", ".2f"),
    ("low", "low", ".6g", ".2f"),
    ("high", "high", ".6g", ".2f"),
    ("steps_ratio", "", ".6g"),
    *_ORIGIN,
)
AREAS = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("reference",),
    ("n", "n", ".0f"),
    ("area", "mean validation accuracy", ".6f", ".4f"),
    ("effect", "effect (points)", ".6g", "+.2f"),
    ("low", "low", ".6g", "+.2f"),
    ("high", "high", ".6g", "+.2f"),
    ("p", "", ".6g"),
    *_ORIGIN,
)
INTERACTIONS = table_columns(
    ("task", "task"),
    ("a", "first"),
    ("b", "second"),
    ("both",),
    ("n", "n", ".0f"),
    ("effect", "interaction (points)", ".6g", "+.2f"),
    ("low", "low", ".6g", "+.2f"),
    ("high", "high", ".6g", "+.2f"),
    ("p", "p", ".6g", ".3g"),
    ("p_adjusted", "p adjusted", ".6g", ".3g"),
    ("sign_flip_p", "", ".6g"),
    ("verdict", "verdict"),
    *_ORIGIN,
)
LEAVE_ONE_OUT = table_columns(
    ("task", "task"),
    ("stack", "stack"),
    ("member", "left out"),
    ("without",),
    ("n", "n", ".0f"),
    ("effect", "what it gives (points)", ".6g", "+.2f"),
    ("low", "low", ".6g", "+.2f"),
    ("high", "high", ".6g", "+.2f"),
    ("p", "p", ".6g", ".3g"),
    ("p_adjusted", "p adjusted", ".6g", ".3g"),
    ("sign_flip_p", "", ".6g"),
    ("verdict", "verdict"),
    *_ORIGIN,
)
PER_CLASS = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("reference",),
    ("class_index", "class", ".0f"),
    ("n", "n", ".0f"),
    ("effect", "effect (points)", ".6g", "+.1f"),
    ("low", "low", ".6g", "+.1f"),
    ("high", "high", ".6g", "+.1f"),
    ("p", "", ".6g"),
    ("p_adjusted", "p adjusted", ".6g", ".3g"),
    ("verdict", "verdict"),
    *_ORIGIN,
)
TEST_SAMPLING = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("reference",),
    ("n", "n", ".0f"),
    ("examples", "test examples", ".0f"),
    ("effect", "effect (points)", ".6g", "+.2f"),
    ("low", "low", ".6g", "+.2f"),
    ("high", "high", ".6g", "+.2f"),
    ("seed_sd", "from seeds", ".6g", ".2f"),
    ("example_sd", "from test examples", ".6g", ".2f"),
    *_ORIGIN,
)
FAIRNESS = table_columns(
    ("task", "task"),
    ("arm", "arm"),
    ("reference", "reference"),
    ("treatment", "declared treatment"),
    ("compared", "seeds compared", ".0f"),
    ("shared_slots", "shared slots", ".0f"),
    ("not_compared", "not compared", ".0f"),
    *_ORIGIN,
    ("statement", "what was found"),
)


def trial_columns() -> tuple[Column, ...]:
    """Return the columns of the trials, every recorded score among them."""
    scores = [(metric.name, metric.title, ".6f", ".4f") for metric in recorded_metrics()]
    return (*_TRIALS_BEFORE, *table_columns(*scores), *_TRIALS_AFTER)


def decision_columns() -> tuple[Column, ...]:
    """Return the columns of the decision table, every shown metric's change among them."""
    changes = [(c.key, c.heading, ".6g", f"+.{c.digits}f") for _, c in metric_columns()]
    return (*_DECISION_BEFORE, *table_columns(*changes), *_DECISION_AFTER)


def study_tables(
    study: Study, analysis: Analysis, trials: pd.DataFrame, cards: Mapping[str, Card]
) -> list[Table]:
    """The tables of a study, the first two the decision table's and the effects'.

    Tables that only some studies have (interactions, leave-one-out) are left out where empty.
    """
    lines = headings(study, analysis.baselines)
    base = base_name(study)

    def table(name: str, title: str, frame: pd.DataFrame, specs: tuple) -> Table:
        known = frame.assign(base=base)
        if "data" not in frame:  # trials carry their own
            known = known.assign(data=frame["task"].map(study.data), synthetic=study.synthetic)
        return Table(name, title, lines, known, specs)

    times = with_cost_class(study, analysis.step_times, cards)
    decision = decision_columns()
    decision = _with_reference(decision) if _several(study, analysis) else decision
    always = [
        table("decision", "Decision table", analysis.decision, decision),
        table("effects", "Effects", analysis.effects, EFFECTS),
        table("trials", "Trials", trials, trial_columns()),
        table("step_times", _step_title(analysis), times, STEP_TIMES),
        table("convergence", "Convergence", analysis.convergence, CONVERGENCE),
        table("areas", "Area under the validation curve", analysis.areas, AREAS),
        table("fairness", "What was equal between the arms", analysis.fairness, FAIRNESS),
    ]
    some = [
        table("interactions", "Interactions of pairs", analysis.interactions, INTERACTIONS),
        table("leave_one_out", "Leave one out", analysis.leave_one_out, LEAVE_ONE_OUT),
        table("per_class", "Effects per class", analysis.per_class, PER_CLASS),
        table(
            "test_sampling",
            "Effects with intervals that include the sampling of the test split",
            analysis.test_sampling,
            TEST_SAMPLING,
        ),
    ]
    return [*always, *(t for t in some if len(t.frame))]


def _several(study: Study, analysis: Analysis) -> bool:
    """Whether an arm is compared with another than its task's baseline."""
    rows = analysis.decision[["task", "reference"]].dropna()
    return any(against(study, task, arm) for task, arm in rows.itertuples(index=False))


def _with_reference(specs: tuple[Column, ...]) -> tuple[Column, ...]:
    """The same columns, the reference shown to readers too."""
    return tuple(replace(c, heading="against") if c.key == "reference" else c for c in specs)


def _step_title(analysis: Analysis) -> str:
    devices = set(analysis.step_times["device"])
    if devices == {"CPU"}:
        return "CPU step time (GPU path not yet measured)"
    return "Step time" if devices else "Step time: not measured"
