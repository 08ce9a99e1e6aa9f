"""Checks that mixing and augmentation share."""

from __future__ import annotations

from pathlib import Path

from bench.audit.calling import Caller, Pictures
from bench.audit.mixing import compared
from bench.audit.pictures import evaluation, in_data_set, label_types, varied
from bench.audit.probes import Range, Variant, pictures
from bench.audit.subject import found

BYTES = Range(0.0, 255.0)
HERE = str(Path(__file__).parent / "implementations.py")


def caller(name: str) -> Caller:
    return Caller(found(f"{HERE}:{name}", {}), "images and labels", single=False, numbers=False)


def right(*_: object) -> float:
    return 0.0


def test_a_layer_that_fails_in_mixed_precision_differs() -> None:
    call = caller("AlwaysMixUp")
    variant = Variant("mixed_float16", 4, policy="mixed_float16")
    finding = varied(call.subject, call, variant, BYTES, 64, "nothing", right)
    assert finding.verdict == "differs"
    assert finding.found.startswith("fails: InvalidArgumentError")


def test_labels_that_move_in_evaluation_differ() -> None:
    finding = evaluation(caller("evaluated_labels"), pictures(4, 10, BYTES, 0))
    assert finding.verdict == "differs"
    assert finding.found == "pixels change by 0, labels by 0.09"


def test_numbers_that_a_pipeline_draws_once_differ() -> None:
    finding = in_data_set(caller("python_coin"), BYTES, 64, "nothing", right)
    assert finding.verdict == "differs"
    assert finding.found == "off by up to 0.000; both epochs are the same"


def test_labels_that_an_integer_type_cuts_off_differ() -> None:
    call = caller("truncating_mixup")

    def gap(before: Pictures, after: Pictures, variant: Variant) -> float:
        return float(compared(before, after, variant.rounding(BYTES))[1].max())

    found = label_types(call, BYTES, 64, "labels as pixels", gap)
    assert [(one.check, one.verdict) for one in found] == [
        ("labels of float64", "agrees"), ("labels of int32", "differs"),
    ]  # fmt: skip


def test_bytes_are_not_given_where_pixels_may_be_negative() -> None:
    call = caller("signed_mixup")
    variant = Variant("uint8 pictures", 4, dtype="uint8")
    finding = varied(call.subject, call, variant, Range(-1.0, 1.0), 64, "nothing", right)
    assert finding.verdict == "does not apply"
