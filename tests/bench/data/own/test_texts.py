"""Texts of one's own: tables of any form give the ids that the built-in tasks would have."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.core.errors import UsageError
from bench.data import text
from bench.data.own.classes import label_of
from bench.data.own.load import texts
from tests.bench.data.own.made import read

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=60)
LABELS = st.sampled_from(["one, two", "drei 3", "\N{SNOWMAN}", "[no]", "['no']", "nan", "a\nb|c"])


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(TEXTS, LABELS), min_size=6, max_size=30).filter(
        lambda rows: len({label for _, label in rows}) > 1 and len(rows) > len({r[1] for r in rows})
    ),
    ending=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
    vocabulary=st.integers(3, 12),
    length=st.integers(1, 6),
    ends=st.sampled_from(["start", "both"]),
)
def test_a_table_gives_the_ids_of_the_built_in_encoding(
    rows: list[tuple[str, str]], ending: str, vocabulary: int, length: int, ends: str
) -> None:
    if ending == "tsv":  # a text with tabs and lines may look like rows of its own, and is refused
        rows = [(text.replace("\t", " "), label) for text, label in rows]
    frame = pd.DataFrame(rows, columns=["text", "label"])
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"r.{ending}"
        if ending == "parquet":
            frame.to_parquet(path)
        elif ending == "jsonl":
            frame.to_json(path, orient="records", lines=True)
        else:
            frame.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
        data = read(f"csv:{path}", Path(name))
        dataset = texts(data, vocabulary, length, ends)  # type: ignore[arg-type]
    assert data.facts.class_names == tuple(sorted(set(frame["label"])))
    assert data.facts.train + data.facts.test == len(rows)
    split = {
        part: sorted(
            (data.facts.class_names[label], row.tobytes(), int(count))
            for row, label, count in zip(of.values, of.labels, of.lengths, strict=True)
        )
        for part, of in (("train", dataset.train), ("test", dataset.test))
    }
    # The words of the training split cannot be known from the ids, so both encodings are made.
    in_train = _train_rows(rows, data.facts.train_counts, data.facts.class_names)
    words = [text.words(row[0]) for row in rows]
    ids = text.vocabulary((words[i] for i in in_train), vocabulary)
    values, lengths = text.encode(words, ids, length, ends)
    expected = sorted((rows[i][1], values[i].tobytes(), int(lengths[i])) for i in range(len(rows)))
    assert sorted(split["train"] + split["test"]) == expected


def _train_rows(
    rows: list[tuple[str, str]], counts: tuple[int, ...], classes: tuple[str, ...]
) -> list[int]:
    """Divide as the suite does, by its own function."""
    from bench.data.own.example import key_of
    from bench.data.own.splitting import held_out

    labels = np.array([classes.index(label) for _, label in rows])
    tested = held_out(labels, [key_of(row[0].encode()) for row in rows], 0.2, 0)
    assert tuple(np.bincount(labels[~tested], minlength=len(classes))) == counts
    return np.flatnonzero(~tested).tolist()


def write(path: Path, lines: str) -> str:
    path.write_text(lines, encoding="utf-8")
    return f"csv:{path}"


def test_columns_by_other_names_and_a_test_file(tmp_path: Path) -> None:
    train = write(tmp_path / "a.csv", "Body,stars\n" + "good film,5\nbad film,10\n" * 4)
    write(tmp_path / "b.csv", "stars,Body,extra\n5,good film,\n10,new,\n")
    data = read(train, tmp_path, text="body", label="stars", test=str(tmp_path / "b.csv"))
    assert data.facts.class_names == ("5", "10")
    assert (data.facts.train, data.facts.test, data.facts.repeated_count) == (8, 2, 4)
    assert data.facts.repeated[0] == ("a.csv row 1", "b.csv row 1")


def test_equal_bytes_are_read_by_the_ending(tmp_path: Path) -> None:
    rows = ["text\tlabel", "a, b\tx", "c\ty", "d, e\tx", "f\ty"]
    for ending in ("tsv", "csv"):
        (tmp_path / f"r.{ending}").write_text("\n".join(rows))
    assert read(f"csv:{tmp_path / 'r.tsv'}", tmp_path).facts.class_names == ("x", "y")
    with pytest.raises(UsageError, match="more fields than the header"):
        read(f"csv:{tmp_path / 'r.csv'}", tmp_path)


@pytest.mark.parametrize("rows", ["good, but slow,x\na,y\nb,x", "a,y\ngood, but slow,x\nb,x"])
def test_a_text_with_a_comma_out_of_quotes_is_no_label(rows: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(f"text,label\n{rows}\nc,y\n")
    with pytest.raises(
        UsageError, match=r"more fields than the header|Expected 2 fields in line 3"
    ):
        read(f"csv:{tmp_path / 'r.csv'}", tmp_path)


def test_long_and_empty_texts(tmp_path: Path) -> None:
    long = " ".join(f"w{number}" for number in range(10_000))
    address = write(
        tmp_path / "a.csv", "text,label\n" + f'"{long}",a\n"",a\n"!?",b\nx,b\ny,b\nz,b\n'
    )
    data = read(address, tmp_path)
    assert data.facts.empty == 2
    assert max(texts(data, 20, 10_000, "start").train.lengths) in (1, 10_000)


def test_examples_without_a_label_or_text_are_named(tmp_path: Path) -> None:
    rows = [{"text": "a b", "label": i % 2} for i in range(8)]
    rows += [{"text": None, "label": 1}, {"text": "c", "label": None}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    facts = read(f"csv:{tmp_path / 'a.jsonl'}", tmp_path).facts
    assert facts.class_names == ("0", "1")
    assert [name for name, _ in facts.unreadable] == ["a.jsonl row 9", "a.jsonl row 10"]
    assert [reason for _, reason in facts.unreadable] == ["it has no text", "it has no label"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"txet,label\na,b\n", "no column 'text'; did you mean 'txet'"),
        ("a.csv", b"text,label\nok,a\nd\xe9j\xe0,b\n", "line 3 has the byte 0xe9"),
        ("a.csv", b"text,label\na,1.5\nb,2.25\nc,1\n", "regression is not"),
        ("a.csv", b"text,label\na,x\nb,x\n", r"one class \(x\)"),
        ("a.csv", b"text,label\na,x\nb,y,z,w\n", "is no table"),
        ("a.csv", b"text,label\n", "no example that can be read"),
        ("a.csv", b"", "is no table"),
        ("a.jsonl", b'{"text": "a", "label": ["x", "y"]}\n', "several labels are not"),
        ("a.csv", b"text,label\na,inf\nb,1\n", r"real numbers \(inf\)"),
        ("a.jsonl", b'{"text": "a"', "line 1 is no JSON"),
        ("a.jsonl", b'{"text": "a", "label": 1}\n\n[1]\n', "line 3 is no JSON object"),
        ("a.jsonl", b'{"text": ["a"], "label": 1}\n', r"a\.jsonl row 1: the text is a list"),
        ("a.parquet", b"no parquet", "is no table"),
        ("a.txt", b"a", "a.txt is no table: the name of a table ends in .csv"),
        ("a.csv.gz", b"a", "a.csv.gz is packed; unpack it first"),
        ("a.csv", b"text;label\na;b\n", "are separated by `;`: save it with commas"),
        ("a.csv", b"text\tlabel\na\tb\n", "are separated by tabs: save it with commas"),
        ("a.tsv", b"text,label\na,b\n", "are separated by `,`: save it with tabs"),
        ("a.csv", b"and the fine slow,x\na,y\n", "the first line must name the columns; --set"),
        (
            "a.csv",
            b"text,label\n" + b"".join(b"t,%d\n" % i for i in range(1001)),
            "1,001 different",
        ),
    ],
)
def test_tables_that_are_no_classification(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message) as raised:
        read(f"csv:{tmp_path / name}", tmp_path)
    assert "\n" not in str(raised.value)


@settings(deadline=None)
@given(
    labels=st.lists(st.text(st.characters(codec="ascii")) | st.integers(), max_size=3),
    form=st.sampled_from([str, json.dumps, lambda labels: str(np.array(labels))]),
)
def test_a_list_of_labels_is_refused_as_text_too(
    labels: list[str | int], form: Callable[[list[str | int]], str]
) -> None:
    text = form(labels)
    if len(labels) == 1:
        assert label_of(text, "a row") == text.strip()
    else:
        with pytest.raises(UsageError, match=r"a row: .* several labels are not"):
            label_of(text, "a row")


def test_bytes_and_missing_values_of_a_parquet_table(tmp_path: Path) -> None:
    texts = pd.Series([f"t{i}".encode() for i in range(8)])
    labels = pd.Series([b"\xfe", b"\xff"] * 4)
    texts[6], labels[7] = b"\xff", None
    pd.DataFrame({"text": texts, "label": labels}).to_parquet(tmp_path / "a.parquet")
    facts = read(f"csv:{tmp_path / 'a.parquet'}", tmp_path).facts
    assert facts.class_names == (r"\xfe", r"\xff"), "two labels that are no UTF-8 stay two"
    assert [reason for _, reason in facts.unreadable] == [
        "its text is not UTF-8: byte 0xff", "it has no label",
    ]  # fmt: skip
    table = pd.DataFrame({"text": list("abcdef"), "label": [1, 2, 1, 2, 1, None]})
    table.astype({"text": "string", "label": "Int64"}).to_parquet(tmp_path / "b.parquet")
    assert read(f"csv:{tmp_path / 'b.parquet'}", tmp_path).facts.unreadable_count == 1


def test_a_label_of_another_type(tmp_path: Path) -> None:
    days = pd.DataFrame({"text": list("abcd"), "label": pd.to_datetime(["2020-01-01"] * 4)})
    days.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(UsageError, match=r"row 1: the label is a Timestamp .* store it as a text"):
        read(f"csv:{tmp_path / 'a.parquet'}", tmp_path)


STRAY = ['"' * (i in (10, 31)) + f"fine word{i} here\t{i % 2}" for i in range(60)]


def test_a_stray_quote_in_a_table_with_tabs_merges_no_rows(tmp_path: Path) -> None:
    facts = read(write(tmp_path / "q.tsv", "\n".join(["text\tlabel", *STRAY])), tmp_path).facts
    assert (facts.train + facts.test, facts.unreadable_count, facts.line_breaks) == (60, 0, 0)
    assert facts.lengths[-1] == 3
    last = [*STRAY[:10], "end here\t1", '"never ends\t0']
    facts = read(write(tmp_path / "last.tsv", "\n".join(["text\tlabel", *last])), tmp_path).facts
    assert (facts.train + facts.test, facts.unreadable_count) == (12, 0)
    long = [f'"{"w " * 70_000}{i}"\t"{"xy"[i % 2]}"' for i in range(4)]
    facts = read(write(tmp_path / "long.tsv", "\n".join(["text\tlabel", *long])), tmp_path).facts
    assert facts.class_names == ("x", "y")
    inner = [f'"said "no" {i}"\t"{"xy"[i % 2]}"' for i in range(9)]
    facts = read(write(tmp_path / "in.tsv", "\n".join(["text\tlabel", *inner])), tmp_path).facts
    assert facts.class_names == ("x", "y"), "no rows are joined, so quotes are quotes as before"
    once = [row.replace('"', "") if i == 31 else row for i, row in enumerate(STRAY)]
    facts = read(write(tmp_path / "once.tsv", "\n".join(["text\tlabel", *once])), tmp_path).facts
    assert (facts.train + facts.test, facts.unreadable_count) == (60, 0)


def test_a_quote_that_may_span_rows_is_refused(tmp_path: Path) -> None:
    rows = ["text\tlabel", "one\tx", '"two\tx', 'three"\ty', "four\ty", "five\tx"]
    with pytest.raises(
        UsageError, match=r"q\.tsv: a quote spans 2 lines \(3 to 4\); if it is"
    ) as error:
        read(write(tmp_path / "q.tsv", "\n".join(rows)), tmp_path)
    assert "\n" not in str(error.value)


def test_quoted_texts_of_several_lines_are_counted(tmp_path: Path) -> None:
    for ending, sign in (("csv", ","), ("tsv", "\t")):
        rows = [f'"a\nb{i}"{sign}{i % 2}' if i < 3 else f"c{i}{sign}{i % 2}" for i in range(12)]
        lines = "\n".join([f"text{sign}label", *rows])
        facts = read(write(tmp_path / f"q.{ending}", lines), tmp_path).facts
        assert (facts.train + facts.test, facts.line_breaks) == (12, 3)


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no file"):
        read(f"csv:{tmp_path / 'none.csv'}", tmp_path)
    with pytest.raises(UsageError, match="did you mean 'csv'"):
        read("cvs:x", tmp_path)
