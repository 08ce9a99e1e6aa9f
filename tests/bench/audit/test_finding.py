"""Verdicts, and samples of one mean."""

from __future__ import annotations

import numpy as np
import pytest

from bench.audit.finding import attempted, one_line, same_mean


def test_an_exception_is_a_difference() -> None:
    def measure() -> tuple[str, bool]:
        raise TypeError("no such type")

    finding = attempted("some check", "something", measure)
    assert (finding.found, finding.verdict) == ("fails: TypeError: no such type", "differs")


@pytest.mark.parametrize(
    ("by", "same"), [(0.0, True), (0.04, True), (-0.04, True), (0.25, False), (-0.25, False)]
)
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_means_differ_on_both_sides(by: float, same: bool, spread: float) -> None:
    sample = 1.0 + spread * np.linspace(-1.0, 1.0, 50)
    assert same_mean(sample + by, sample, 0.05) == same


def test_a_gap_that_chance_makes_is_none() -> None:
    sample = np.linspace(-1.0, 1.0, 8)
    assert same_mean(sample + 0.3, sample, 0.05)


@pytest.mark.parametrize(
    ("kind", "message", "line"),
    [
        (ValueError, "no pictures today", "ValueError: no pictures today"),
        (
            ValueError,
            'in user code:\n\n    File "a.py", line 3, in mix  *\n        raise E("x: y")\n\n'
            "    TypeError: no pictures\n    today\n",
            "TypeError: no pictures",
        ),
        (
            ValueError,
            'in user code:\n\n    File "k.py", line 9, in error_handler  **\n        raise e\n\n'
            "    ValueError: Exception encountered when calling Mix.call().\n    \n"
            "    \x1b[1mno pictures\x1b[0m\n    \n    Arguments received by Mix.call():\n      * args",
            "ValueError: no pictures",
        ),
        (
            RuntimeError,
            "Graph execution error:\n\nDetected at node MatMul defined at (most recent call last):\n"
            "<stack traces unavailable>\nMatrix size-incompatible: 2 and 3\n"
            "\t [[{{node MatMul}}]] [Op:__inference_f_12]",
            "RuntimeError: Matrix size-incompatible: 2 and 3",
        ),
        (
            ValueError,
            'KeyError: \'a\'\nTraceback (most recent call last):\n\n  File "a.py", line 1, in f\n'
            "    d['a']\n\nKeyError: 'a'\n\n\n\t [[{{node PyFunc}}]]",
            "KeyError: 'a'",
        ),
    ],
)  # fmt: skip
def test_an_error_is_the_line_that_says_what_failed(
    kind: type[Exception], message: str, line: str
) -> None:
    assert one_line(kind(message)) == line
