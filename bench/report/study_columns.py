"""The columns of a study's tables, with their headings and formats."""

from __future__ import annotations

from bench.core.metric import Metric
from bench.core.metrics import columns as metric_columns
from bench.core.metrics import recorded_metrics
from bench.report.tables import Column, csv_only, interval_columns, plain


def _count(key: str, heading: str) -> Column:
    return Column(key, heading, ".0f")


_N = _count("n", "n")
_P = (Column("p", "p", ".6g", ".3g"), Column("p_adjusted", "p adjusted", ".6g", ".3g"))
_ORIGIN = csv_only("data synthetic base")
_ARM = (*plain("task arm"), *csv_only("reference"))
_NOTE = Column("warning", "note")

# fmt: off
EFFECTS = (
    *plain("task arm reference metric unit"), _N, *interval_columns("+.3f", "effect"), *_P,
    *plain("verdict"), *csv_only("family judged"), Column("shrunk", "shrunk", ".6g", "+.3f"),
    Column("error", "error", ".6g", ".3f"),
    *csv_only("df trial_error example_error residual_error", ".6g"), *csv_only("examples", ".0f"),
    Column("sd", "sd", ".6g", ".3f"), *csv_only("moderated_sd sign_flip_p", ".6g"),
    Column("d_z", "d_z", ".6g", ".2f"), *csv_only("welch_p seed_correlation margin", ".6g"),
    Column("mde", "detectable", ".6g", ".2f"), *csv_only("seeds_low seeds_high", ".0f"),
    *csv_only("price", ".6g"), *_ORIGIN, _NOTE,
)
DIVERGENCE = (
    *plain("task arm"), *csv_only("reference"), _count("n", "trials"),
    _count("diverged", "diverged"), Column("rate", "rate", ".6g", ".2f"),
    Column("low", "low", ".6g", ".2f"), Column("high", "high", ".6g", ".2f"),
    _count("reference_diverged", "of the reference"), *_P, *_ORIGIN,
)
MOVING_STATISTICS = (
    *_ARM, _count("n", "trials"),
    Column("recalibrated", "accuracy, recalibrated (%)", ".6g", ".2f"),
    Column("moving", "accuracy, moving (%)", ".6g", ".2f"),
    Column("effect_recalibrated", "effect, recalibrated (points)", ".6g", "+.2f"),
    Column("effect_moving", "effect, moving (points)", ".6g", "+.2f"), *_ORIGIN,
)
PREDICTIONS = (
    *_ARM, Column("prediction", "way to predict"), _count("n", "trials"),
    Column("accuracy", "accuracy (%)", ".6g", ".2f"),
    Column("gain", "change from the plain way (points)", ".6g", "+.2f"),
    Column("low", "low", ".6g", "+.2f"), Column("high", "high", ".6g", "+.2f"),
    Column("ece", "ECE", ".6g", ".4f"), Column("nll", "NLL (nats)", ".6g", ".4f"),
    Column("effect", "effect (points)", ".6g", "+.2f"),
    Column("effect_ece", "effect on ECE", ".6g", "+.4f"), *_ORIGIN,
)
STEP_TIMES = (
    *plain("task arm device"), *csv_only("machine"), _count("processes", "processes"),
    *interval_columns(".3f", "ratio to the reference", "ratio"),
    Column("cost_class", "declared cost"), Column("cost_limit", "at most", ".6g", ".2f"),
    Column("within", "within it"),
    Column("arm_ms", "step (ms)", ".6g", ".2f"), Column("arm_iqr_ms", "IQR (ms)", ".6g", ".2f"),
    Column("baseline_ms", "reference step (ms)", ".6g", ".2f"), *csv_only("baseline_iqr_ms", ".6g"),
    Column("first_step_s", "first step (s)", ".6g", ".2f"),
    *csv_only("baseline_first_step_s", ".6g"),
    Column("examples_per_second", "examples/s", ".6g", ".0f"),
    Column("peak_memory_mb", "peak memory (MB)", ".6g", ".0f"),
    *csv_only("baseline_peak_memory_mb memory_ratio", ".6g"),
    _count("parameters", "parameters"), *csv_only("baseline_parameters", ".0f"),
    *csv_only("input_ms load_average", ".6g"),
    Column("matrix_rate_share", "share of matrix rate", ".6g", ".2f"),
    *_ORIGIN, Column("notes", "note"),
)
CONVERGENCE = (
    *plain("task arm"), *csv_only("reference"), Column("target", "target (share)", ".2f"),
    Column("accuracy", "at accuracy", ".6f", ".4f"), _N, _count("hits", "reached"),
    *csv_only("hit_rate", ".6g"), Column("examples", "examples (restricted mean)", ".6g", ".0f"),
    Column("steps", "steps", ".6g", ".0f"), *csv_only("horizon", ".0f"),
    *interval_columns(".2f", "ratio to the reference", "examples_ratio"),
    *csv_only("steps_ratio own_accuracy own_hit_rate own_examples", ".6g"),
    Column("own_ratio", "to its own target (ratio)", ".6g", ".2f"),
    *csv_only("own_low own_high", ".6g"), *_ORIGIN,
)
AREAS = (
    *_ARM, _N, Column("area", "mean validation accuracy", ".6f", ".4f"),
    *interval_columns("+.2f"), *csv_only("p", ".6g"), *_ORIGIN,
)
PER_CLASS = (
    *_ARM, _count("class_index", "class"), *plain("class_name"), _N, *interval_columns("+.1f"),
    *csv_only("p", ".6g"), _P[1], *plain("verdict"), *_ORIGIN,
)
FAIRNESS = (
    *plain("task arm reference"), Column("treatment", "declared treatment"),
    _count("compared", "seeds compared"), _count("shared_slots", "shared slots"),
    _count("not_compared", "not compared"), *_ORIGIN, Column("statement", "what was found"),
)


def trial_columns() -> tuple[Column, ...]:
    """Return the columns of the trials, every recorded score among them."""
    return (
        *plain("task arm seed"), *_ORIGIN, *plain("status"),
        *(Column(metric.name, metric.stored_title, ".6f", ".4f") for metric in recorded_metrics()),
        _count("steps", "steps"), *csv_only("examples parameters", ".0f"),
        Column("training_tflop", "TFLOP", ".6g", ".3g"),
        *csv_only("train_seconds", ".3f"),
        *csv_only("reference role treatment recipe_hash order_hash data_hash settings_hash"),
    )


def candidate_columns(judged: Metric) -> tuple[Column, ...]:
    """Return the columns of the arms that may be the best."""
    effect = Column("effect", f"effect{judged.in_unit}", ".6g", finer(judged))
    return *plain("task reference arm"), effect, Column("candidate", "may be the best"), *_ORIGIN


def interaction_columns(judged: Metric) -> tuple[Column, ...]:
    """Return the columns of the interactions of pairs."""
    return (
        *plain("task"), Column("a", "first"), Column("b", "second"), *csv_only("both"), _N,
        *interval_columns(finer(judged), f"interaction{judged.in_unit}"), *_P,
        *csv_only("sign_flip_p", ".6g"), *plain("verdict"), *_ORIGIN,
    )


def leave_one_out_columns(judged: Metric) -> tuple[Column, ...]:
    """Return the columns of the members that were left out of a stack."""
    return (
        *plain("task stack"), Column("member", "left out"), *csv_only("without"), _N,
        *interval_columns(finer(judged), f"what it gives{judged.in_unit}"), *_P,
        *csv_only("sign_flip_p", ".6g"), *plain("verdict"), *_ORIGIN,
    )


def test_sampling_columns(judged: Metric) -> tuple[Column, ...]:
    """Return the columns of the parts of an effect's error."""
    form = f".{judged.digits + 1}f"
    return (
        *_ARM, _N, _count("examples", "test examples"),
        *interval_columns(finer(judged), f"effect{judged.in_unit}"),
        Column("seed_sd", "from trials", ".6g", form),
        Column("example_sd", "from test examples", ".6g", form),
        Column("residual_sd", "of trials: from their answers", ".6g", form),
        *csv_only("df", ".6g"), Column("subset", "training subset"), *_ORIGIN,
    )


def finer(judged: Metric) -> str:
    """Return the format of a change with one digit more than texts have."""
    return f"+.{judged.digits + 1}f"


def decision_columns(judged: Metric) -> tuple[Column, ...]:
    """Return the columns of the decision table, every shown metric's change among them."""
    form, unit = f"+.{judged.digits}f", judged.in_unit
    return (
        *plain("task"), Column("arm", "strategy"), *csv_only("reference"), _count("n", "seeds"),
        *interval_columns(form, f"effect{unit}"), Column("shrunk", "shrunk", ".6g", form),
        *csv_only("margin p_adjusted", ".6g"), *plain("verdict"), *csv_only("family"),
        Column("candidate", "may be the best"),
        Column("tuned_effect", f"tuned effect{unit}", ".6g", form),
        *csv_only("tuned_low tuned_high", ".6g"),
        Column("default_effect", f"effect at defaults{unit}", ".6g", form),
        *csv_only("default_low default_high", ".6g"),
        Column("step_time_ratio", "step time (ratio)", ".6g", ".3f"),
        *csv_only("step_time_low step_time_high", ".6g"), *csv_only("processes", ".0f"),
        Column("device", "timed on"),
        Column("examples_ratio", "examples to target (ratio)", ".6g", ".2f"),
        Column("hit_rate", "reached target", ".6g", ".2f"),
        Column("own_ratio", "to its own target (ratio)", ".6g", ".2f"),
        Column("seconds_ratio", "time to target (ratio)", ".6g", ".2f"),
        *csv_only("decomposition"),
        *(Column(c.key, c.heading, ".6g", f"+.{c.digits}f") for _, c in metric_columns(judged)),
        Column("ece_floor", "ECE by chance", ".6g", ".3f"),
        Column("front_probability", "on the Pareto front (probability)", ".6g", ".2f"),
        *csv_only("on_front"), *csv_only("diverged", ".0f"),
        _count("seeds_low", "seeds to decide: from"), _count("seeds_high", "to"),
        *_ORIGIN, _NOTE,
    )
