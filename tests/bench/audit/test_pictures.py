"""Checks that mixing and augmentation share."""

from __future__ import annotations

from pathlib import Path

from bench.audit.calling import Caller
from bench.audit.pictures import evaluation, in_data_set, varied
from bench.audit.probes import Variant, pictures
from bench.audit.subject import found

HERE = str(Path(__file__).parent / "implementations.py")


def caller(name: str) -> Caller:
    return Caller(found(f"{HERE}:{name}", {}), "images and labels", single=False, numbers=False)


def right(*_: object) -> float:
    return 0.0


def test_a_layer_that_fails_in_mixed_precision_differs() -> None:
    call = caller("AlwaysMixUp")
    variant = Variant("mixed_float16", 4, policy="mixed_float16")
    finding = varied(call.subject, call, variant, 255.0, 64, "nothing", right)
    assert finding.verdict == "differs"
    assert finding.found.startswith("fails: InvalidArgumentError")


def test_labels_that_move_in_evaluation_differ() -> None:
    finding = evaluation(caller("evaluated_labels"), pictures(4, 10, 255.0, 0))
    assert finding.verdict == "differs"
    assert finding.found == "pixels change by 0, labels by 0.09"


def test_numbers_that_a_pipeline_draws_once_differ() -> None:
    finding = in_data_set(caller("python_coin"), 255.0, 64, "nothing", right)
    assert finding.verdict == "differs"
    assert finding.found == "off by up to 0.000; both epochs are the same"
