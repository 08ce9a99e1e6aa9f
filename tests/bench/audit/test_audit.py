"""Right implementations agree with the catalogue, and each planted fault is found by its check."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

from bench.audit import audit as audit_module
from bench.audit import mixing
from bench.audit.audit import audit
from bench.audit.claim import claimed
from bench.audit.finding import Finding
from bench.audit.mixture import recover
from bench.audit.probes import Range
from bench.cli.audit import audit as command
from bench.cli.audit import pairs
from bench.core.errors import UsageError
from bench.plugins.registry import find

HERE = str(Path(__file__).parent / "implementations.py")


@pytest.fixture(autouse=True)
def few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "CALLS", 6)
    monkeypatch.setattr(mixing, "MORE_CALLS", 40)


@functools.cache
def differing(name: str, technique: str | None = None) -> set[str]:
    """Audit an implementation; return the names of the checks that differ."""
    result = audit(find(), f"{HERE}:{name}", technique)
    return {one.check for one in result.findings if one.verdict == "differs"}


@pytest.mark.parametrize(
    ("name", "technique"),
    [
        ("good_mixup", None),
        ("batch_mixup", None),
        ("good_cutmix", None),
        ("good_loss", "label_smoothing"),
        ("sparse_loss", "label_smoothing"),
        ("good_dropout", None),
        ("good_dropout", "early_dropout"),
        ("good_erasing", "cutout"),
        ("signed_erasing", "cutout"),
        ("boxed_cutmix", None),
        ("good_resizemix", None),
    ],
)
def test_right_implementations_agree(name: str, technique: str | None) -> None:
    assert differing(name, technique) == set()


@pytest.mark.parametrize(
    ("name", "technique", "check"),
    [
        ("swapped_mixup", "mixup", "labels against pixels"),
        ("uniform_mixup", "mixup", "distribution of lambda"),
        ("fixed_mixup", "mixup", "partners"),
        ("AlwaysMixUp", "mixup", "evaluation untouched"),
        ("AlwaysMixUp", "mixup", "distribution of lambda"),
        ("AlwaysMixUp", "mixup", "mixed_float16"),
        ("AlwaysMixUp", "mixup", "in tf.data, last batch smaller"),
        ("unclipped_cutmix", "cutmix", "labels against pixels"),
        ("others_loss", "label_smoothing", "weights of a label"),
        ("summed_loss", "label_smoothing", "reduction"),
        ("smaller_loss", "label_smoothing", "value"),
        ("larger_loss", "label_smoothing", "value"),
        ("unscaled_dropout", "dropout", "expectation kept"),
        ("row_dropout", "dropout", "dropped together"),
        ("evaluated_dropout", "dropout", "evaluation untouched"),
        ("ForgetfulDropout", "dropout", "values kept"),
        ("AdditiveDropout", "dropout", "noise on large values"),
        ("GradientlessDropout", "dropout", "gradient"),
        ("ClippedDropout", "dropout", "evaluation untouched"),
        ("NumpyDropout", "dropout", "calls differ"),
        ("batch_flip", "flip_crop", "labels untouched"),
        ("batch_flip", "flip_crop", "drawn for each picture"),
    ],
)
def test_planted_faults_are_found(name: str, technique: str, check: str) -> None:
    assert check in differing(name, technique)


@pytest.mark.parametrize(
    ("name", "technique", "check"),
    [
        ("hard_loss", "label_smoothing", "soft labels"),
        ("naive_loss", "label_smoothing", "large logits"),
        ("scaled_loss", "label_smoothing", "float16 predictions"),
        ("MaskedDropout", "dropout", "mixed_float16"),
    ],
)
def test_a_fault_is_found_that_one_check_alone_can_see(
    name: str, technique: str, check: str
) -> None:
    assert differing(name, technique) == {check}


def test_a_check_that_cannot_be_made_does_not_agree() -> None:
    findings = audit(find(), f"{HERE}:sparse_loss", "label_smoothing").findings
    soft = next(one for one in findings if one.check == "soft labels")
    assert soft.verdict == "does not apply"


@pytest.mark.parametrize(
    ("name", "given", "pixels"),
    [
        ("unit_range", None, Range(0.0, 1.0)),
        ("unit_range", 3.0, Range(0.0, 3.0)),
        ("signed_mixup", None, Range(-1.0, 1.0)),
        ("good_mixup", None, Range(0.0, 255.0)),
    ],
)
def test_pixels_have_the_range_that_the_implementation_declares(
    name: str, given: float | None, pixels: Range, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def checks(subject: Any, strategy: Any, pixels: Range, classes: int) -> list[Finding]:
        seen.append((pixels, classes))
        return []

    monkeypatch.setattr(audit_module, "checks_of", lambda strategy: checks)
    audit(find(), f"{HERE}:{name}", "mixup", high=given)
    assert seen == [(pixels, 10 if name == "unit_range" else 64)]


def test_the_amount_of_a_fault_is_told() -> None:
    findings = audit(find(), f"{HERE}:others_loss", "label_smoothing").findings
    weights = next(one for one in findings if one.check == "weights of a label")
    assert weights.expected == "0.90156 of the class, 0.001563 of each other"
    assert weights.found == "0.90000 and 0.001587"


@pytest.mark.parametrize(
    ("address", "technique", "words"),
    [
        ("no_such_module:thing", "mixup", "does not import: ModuleNotFoundError"),
        ("keras.layers", "mixup", "write module:object or FILE.py:object"),
        ("keras.layers:MixUpp", "mixup", "did you mean 'MixUp'"),
        (f"{HERE}:not_callable", "mixup", "is int, which cannot be called"),
        (f"{HERE}:NeedsAlpha", "mixup", "missing a required argument: 'alpha'; give its arguments"),
        (f"{HERE}:good_erasing", None, "name it with --as"),
        (f"{HERE}:good_mixup", "sam", "no checks for sam, which changes gradients"),
        (f"{HERE}:broken_mixup", "mixup", "ValueError: no pictures today"),
        (f"{HERE}:late_mixup", "mixup", "late_mixup raises: RuntimeError: no more"),
        (f"{HERE}:open_range", "mixup", "its value_range is (255,); it is two numbers"),
        (f"{HERE}:good_loss", "online_label_smoothing", "no checks for online_label_smoothing"),
    ],
)
def test_bad_input_is_one_line(address: str, technique: str | None, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        audit(find(), address, technique)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_are_literals_or_texts() -> None:
    assert pairs("--set", ["a=0.2", "b=true", "c=(1, 2)", "d=text"]) == {
        "a": 0.2, "b": True, "c": (1, 2), "d": "text",
    }  # fmt: skip
    with pytest.raises(UsageError, match="write NAME=VALUE"):
        pairs("--set", ["alpha"])


def test_the_command_prints_a_line_for_each_check_and_its_exit_code_tells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command(f"{HERE}:good_loss", "label_smoothing", ["smoothing=0.2"])
    assert "(smoothing 0.2)" in capsys.readouterr().out
    with pytest.raises(typer.Exit) as ended:
        command(f"{HERE}:good_loss", "label_smoothing", ["smoothing=0.2"], ["smoothing=0.3"])
    assert ended.value.exit_code == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("(smoothing 0.3)")
    assert lines[1] == "check\texpected\tfound\tverdict"
    assert lines[-1].endswith("checks differ")


def test_a_mixture_is_recovered_from_its_pixels() -> None:
    sources = np.random.default_rng(0).random((6, 8, 8, 3))
    mixed = sources.copy()
    mixed[0] = 0.25 * sources[0] + 0.75 * sources[3]
    mixed[1, :4, :2] = sources[5, :4, :2]
    mixed[2, :4] = 0.5
    found = recover(sources, mixed, 1e-5)
    assert found.partners.tolist() == [3, 5, -1, -1, -1, -1]
    np.testing.assert_allclose(found.weights, [0.75, 8 / 64, 0.5, 0, 0, 0], atol=1e-12)
    assert found.whole.tolist() == [True, False, False, False, False, False]
    assert found.fits.tolist() == [True, True, False, True, True, True]


def test_one_gray_pixel_has_no_weight_beyond_one() -> None:
    sources = np.random.default_rng(0).random((6, 8, 8, 1))
    mixed = sources.copy()
    mixed[0, 0, 0] = sources[4, 0, 0]
    assert recover(sources, mixed, 1e-5).weights.max() <= 1.02 / 64


@pytest.mark.parametrize(
    ("known", "technique", "parameter", "value"),
    [
        ({"image_size": 32, "size": 4}, "cutout", "size", 4),
        ({"mixup_alpha": 0.3, "cutmix_alpha": 1.5}, "cutmix", "alpha", 1.5),
        ({"attention_rate": 0.1, "hidden_rate": 0.4}, "dropout", "rate", None),
        ({"label_smoothing": 0.3}, "label_smoothing", "smoothing", 0.3),
    ],
)
def test_a_parameter_is_the_setting_of_its_name(
    known: dict[str, Any], technique: str, parameter: str, value: float | None
) -> None:
    class Known:
        def known(self) -> dict[str, Any]:
            return known

    registry = find()
    made = claimed(registry, Known(), technique, {})  # type: ignore[arg-type]
    expected = getattr(registry.strategy(technique)(), parameter) if value is None else value
    assert getattr(made, parameter) == expected
