from __future__ import annotations

import numpy as np
import pytest

from bench.analysis.frames import (
    curves_frame,
    roots,
    step_times_frame,
    trials_frame,
)
from bench.core.errors import BenchError
from tests.bench.analysis import studies

BASELINE, MIXUP = studies.arm("baseline"), studies.arm("mixup")
STUDY = studies.study([BASELINE, MIXUP], 2)


def test_a_row_per_trial_in_the_order_of_arms_and_seeds() -> None:
    made = [studies.record(arm, seed, 0.6) for arm in (MIXUP, BASELINE) for seed in (1, 0)]
    frame = trials_frame(STUDY, made)
    assert list(zip(frame["arm"], frame["seed"], strict=True)) == [
        ("baseline", 0),
        ("baseline", 1),
        ("mixup", 0),
        ("mixup", 1),
    ]
    row = frame.iloc[3]
    assert row["test_accuracy"] == 0.6
    assert row["train_accuracy"] == pytest.approx(0.8)
    assert row["treatment"] == ("strategies",)
    assert row["reference"] == "baseline"
    assert row["init_hashes"] == {"stem": "w1", "head": "h1"}


def test_the_operations_of_a_training_are_those_of_a_step_times_its_steps() -> None:
    counted = studies.record(MIXUP, 0, step_flops=4e9, steps=500)
    frame = trials_frame(STUDY, [counted, studies.record(MIXUP, 1, step_flops=None)])
    assert frame["training_tflop"].tolist() == pytest.approx([2.0, np.nan], nan_ok=True)


def test_a_diverged_trial_is_counted_and_has_no_figures() -> None:
    frame = trials_frame(STUDY, [studies.diverged(MIXUP, 0)])
    assert frame.loc[0, "status"] == "diverged"
    assert np.isnan(frame.loc[0, "test_accuracy"])
    assert np.isnan(frame.loc[0, "nll"])


def test_a_failed_trial_has_a_row_without_figures() -> None:
    frame = trials_frame(STUDY, [], [("images", "mixup", 1)])
    assert frame.loc[0, "status"] == "failed"
    assert np.isnan(frame.loc[0, "test_accuracy"])


def test_a_record_of_another_study_or_other_data_is_refused() -> None:
    with pytest.raises(BenchError, match="no such arm"):
        trials_frame(STUDY, [studies.record(studies.arm("cutmix"), 0)])
    with pytest.raises(BenchError, match="never mix data"):
        trials_frame(STUDY, [studies.record(MIXUP, 0, data="tfds:cifar10:2")])
    with pytest.raises(BenchError, match="never mix data"):
        trials_frame(STUDY, [studies.record(MIXUP, 0, synthetic=True)])


def test_curves_have_a_row_per_evaluation() -> None:
    frame = curves_frame([studies.record(BASELINE, 3, 0.7), studies.diverged(MIXUP, 0)])
    assert list(frame["examples"]) == [200, 400, 600, 800, 1000]
    assert set(frame["seed"]) == {3}
    assert frame["validation_accuracy"].iloc[-1] == pytest.approx(0.7)


def test_step_times_pair_blocks_and_not_medians() -> None:
    """A machine that slows down half-way moves both blocks of a pair, not their ratio."""
    record = studies.step_time("mixup", 0, 1.0).model_copy(
        update={"arm_ms": (11.0, 11.0, 22.0, 44.0), "reference_ms": (10.0, 10.0, 20.0, 40.0)}
    )
    row = step_times_frame([record]).iloc[0]
    assert row["ratio"] == pytest.approx(1.1)
    assert row["arm_ms"] == pytest.approx(16.5)
    assert row["arm_iqr_ms"] == pytest.approx(16.5)
    assert row["matrix_rate_share"] == pytest.approx(1e6 / 0.0165 / 1e9)
    assert row["examples_per_second"] == pytest.approx(10 / 0.0165)


def test_blocks_without_a_partner_are_an_error() -> None:
    record = studies.step_time("mixup", 0, 1.0).model_copy(update={"arm_ms": (10.0,)})
    with pytest.raises(BenchError, match="1 blocks against 4"):
        step_times_frame([record])


def test_roots_follow_references_and_refuse_circles() -> None:
    inner = studies.arm("mixup+cutmix", reference="mixup")
    assert roots(studies.study([BASELINE, MIXUP, inner], 1))["images", inner.name] == "baseline"
    circle = [studies.arm("a", reference="b"), studies.arm("b", reference="a")]
    with pytest.raises(BenchError, match="lead to no baseline"):
        roots(studies.study(circle, 1))
