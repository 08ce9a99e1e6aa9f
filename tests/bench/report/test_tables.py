from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from bench.report.tables import (
    Column,
    Table,
    cell,
    csv_text,
    escape_latex,
    escape_markdown,
    latex_text,
    markdown_text,
    write_table,
)

NASTY = 'a|b_c & 100% $x$ #1 {~^\\} <b> "q" [x](y) `z`'


def table(frame: pd.DataFrame) -> Table:
    effect = Column("effect", "effect (points)", ".6g", "+.1f")
    specs = (Column("arm", "arm"), effect, Column("data"))
    return Table("effects", "Effects", ("data: tfds:x:1",), frame, specs)


FRAME = pd.DataFrame(
    {"arm": [NASTY, "plain"], "effect": [1.23456789, np.nan], "data": ["tfds:x:1"] * 2}
)


def test_csv_keeps_names_and_digits_and_leaves_the_unknown_empty() -> None:
    text = csv_text(table(FRAME))
    back = pd.read_csv(io.StringIO(text))
    assert list(back.columns) == ["arm", "effect", "data"]
    assert back["arm"][0] == NASTY
    assert back["effect"][0] == 1.23457
    assert text.splitlines()[2] == "plain,,tfds:x:1"


def test_markdown_shows_headings_and_cannot_be_broken_by_a_name() -> None:
    lines = markdown_text(table(FRAME)).splitlines()
    assert "data: tfds:x:1" in lines
    body = [line for line in lines if line.startswith("|")]
    assert body[0] == "| arm | effect (points) |"
    assert body[1] == "| --- | ---: |"
    for line in body:
        unescaped = line.replace("\\\\", "").replace("\\|", "")
        assert unescaped.count("|") == 3
    assert body[3] == "| plain |  |"


def test_latex_escapes_every_special_character() -> None:
    text = latex_text(table(FRAME))
    row = next(line for line in text.splitlines() if "100" in line)
    for special in (r"\_", r"\&", r"\%", r"\$", r"\#", r"\{", r"\}", r"\textbackslash{}"):
        assert special in row
    assert row.count(" & ") == 1  # one column border; the name's own is escaped
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 1


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (-0.04, "+.1f", "+0.0"),
        (-0.06, "+.1f", "-0.1"),
        (float("nan"), ".2f", ""),
        (None, "", ""),
        (float("inf"), ".2f", "inf"),
        (np.True_, "", "true"),
        (3.0, "", "3"),
        (("a", "b"), "", "a, b"),
        (1e-9, ".3g", "1e-09"),
    ],
)
def test_a_cell_has_one_text_for_each_value(value: object, form: str, shown: str) -> None:
    assert cell(value, form) == shown


def test_escapes_keep_plain_names_readable() -> None:
    assert escape_markdown("batch_norm") == "batch_norm"
    assert escape_markdown("__init__\nx") == r"\_\_init\_\_ x"
    assert escape_latex("±1 × 2") == r"$\pm$1 $\times$ 2"


def test_writing_makes_three_files_that_are_the_same_again(tmp_path) -> None:
    first = [path.read_bytes() for path in write_table(table(FRAME), tmp_path / "a")]
    again = [path.read_bytes() for path in write_table(table(FRAME), tmp_path / "b")]
    assert first == again
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
        "effects.csv",
        "effects.md",
        "effects.tex",
    ]
