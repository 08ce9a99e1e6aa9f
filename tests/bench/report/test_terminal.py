from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from bench.analysis.analysis import Analysis, analyse
from bench.analysis.frames import curves_frame, step_times_frame, trials_frame
from bench.core.study import NotApplicable
from bench.report.terminal import print_decision
from tests.bench.report.study_factory import Made, Plan, Planted, make

ODD = "[red]x[/red]\x1b[2J"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def study() -> tuple[Made, Analysis]:
    absent = NotApplicable(task="cifar10", arm="word_dropout", reason="needs text")
    arms = {"mixup": Planted(3.0), ODD: Planted(-3.0)}
    made = make(Plan(arms=arms, tasks=("cifar10",), not_applicable=(absent,)))
    trials, curves = trials_frame(made.study, made.records), curves_frame(made.records)
    return made, analyse(made.study, trials, curves, step_times_frame(made.step_times))


def printed(study: tuple[Made, Analysis], out: io.StringIO) -> str:
    made, analysis = study
    print_decision(made.study, analysis, {}, out)
    return out.getvalue()


def test_lines_that_programs_can_read_where_there_is_no_terminal(study) -> None:
    lines = printed(study, io.StringIO()).splitlines()
    assert [line for line in lines if line.startswith("#")][1].startswith("# cifar10: data tfds")
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert rows[0][:5] == ["task", "strategy", "Effect", "Verdict", "CPU step time"]
    assert rows[1][:2] == ["cifar10", "mixup"]
    verdict = rows[0].index("Verdict")
    assert rows[1][verdict].startswith("better"), "in full, not the short word"
    assert " margin" in rows[1][verdict] or "size unclear" in rows[1][verdict]
    assert {len(row) for row in rows[:3]} == {len(rows[0])}
    assert rows[-1] == ["cifar10", "word_dropout", "not applicable: needs text"]
    assert "\x1b" not in "".join(lines)


def test_stand_in_data_shows_that_it_ran_and_no_effect(study) -> None:
    made, analysis = study
    stand_in = replace(made, study=made.study.model_copy(update={"synthetic": True}))
    rows = [
        line for line in printed((stand_in, analysis), io.StringIO()).splitlines() if line[0] != "#"
    ]
    assert rows[0].split("\t") == ["task", "strategy", "Verdict", "CPU step time"]
    assert len(rows[1].split("\t")) == 4


def test_an_arm_that_is_compared_with_another_than_the_baseline_says_so(study) -> None:
    made, analysis = study
    decision = analysis.decision.copy()
    decision.loc[decision["arm"] == "mixup", "reference"] = ODD
    text = printed((made, replace(analysis, decision=decision)), io.StringIO())
    assert "mixup against [red]x[/red]" in text


def test_a_terminal_gets_a_table_and_names_are_never_markup(study, monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = printed(study, Terminal())
    assert "\x1b[1;34mbetter" in text
    assert "[red]x[/red]" in text
    assert "\x1b[2J" not in text
    assert "word_dropout is not applicable to cifar10: needs text" in text


def test_no_color_means_no_color(study, monkeypatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(study, Terminal())
    assert "better" in text
    assert "34m" not in text


def test_a_narrow_terminal_gets_the_first_columns(study, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    text = printed(study, Terminal())
    assert "Verdict" in text
    assert "Seeds to decide" not in text


def test_a_very_narrow_terminal_gets_a_line_for_each_figure(study, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("TERM", "xterm-256color")
    text = re.sub(r"\x1b\[[0-9;]*m", "", printed(study, Terminal()))
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index("cifar10 mixup")
    assert lines[start + 1].startswith("Effect: +")
    assert all(len(line) <= 20 for line in lines)


@pytest.mark.parametrize("out", [io.StringIO, Terminal])
def test_the_word_diverged_stands_beside_the_figures(study, monkeypatch, out) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    made, analysis = study
    decision = analysis.decision.copy()
    decision.loc[decision["arm"] == "mixup", "warning"] = "2 diverged seeds"
    text = printed((made, replace(analysis, decision=decision)), out())
    assert "cifar10 mixup: 2 diverged seeds" in text
