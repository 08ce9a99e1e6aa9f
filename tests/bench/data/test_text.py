from __future__ import annotations

import numpy as np

from bench.data.text import encode, vocabulary, words


def test_words_have_no_case_no_markup_and_no_punctuation() -> None:
    text = "Don't<br /><br />miss THIS well-made film!!!It's a 10/10 (élan)."
    expected = "dont miss this well made film its a 10 10 élan"
    assert " ".join(words(text)) == expected


def test_the_most_frequent_words_come_first_and_ties_are_alphabetical() -> None:
    ids = vocabulary([["c", "b", "a"], ["c", "b", "d", "d", "d"]], size=5)
    assert ids == {"d": 2, "b": 3, "c": 4}


def test_a_vocabulary_has_no_more_ids_than_asked_for() -> None:
    ids = vocabulary([[str(number) for number in range(50)]], size=10)
    assert max(ids.values()) == 9
    assert vocabulary([["a"]], size=2) == {}


def test_ids_are_right_padded_and_cut_at_the_end() -> None:
    values, lengths = encode([["a", "b", "a", "b"], ["x"], []], {"a": 2, "b": 3}, 3)
    assert values.tolist() == [[2, 3, 2], [1, 0, 0], [1, 0, 0]]
    assert lengths.tolist() == [3, 1, 1]
    assert values.dtype == lengths.dtype == np.int32


def test_both_ends_of_a_long_text_are_kept_and_a_short_one_is_whole() -> None:
    ids = {letter: number for number, letter in enumerate("abcdefg", start=2)}
    values, lengths = encode([list("abcdefg"), list("ab")], ids, 5, "both")
    assert values.tolist() == [[2, 3, 4, 7, 8], [2, 3, 0, 0, 0]]
    assert lengths.tolist() == [5, 2]
