"""Turn reviews into token ids.

A text is lowered in case, `<br />` and apostrophes are dropped, all other ASCII punctuation becomes
a space, and spaces separate words. A long review keeps its beginning.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from bench.data.dataset import FIRST_WORD, PADDING, UNKNOWN

_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation, " ") | {"'": None})


def words(text: str) -> list[str]:
    """Split a text into its words."""
    return text.lower().replace("<br />", " ").translate(_PUNCTUATION).split()


def vocabulary(texts: Iterable[Sequence[str]], size: int) -> dict[str, int]:
    """Give an id to each of the most frequent words; ties are broken alphabetically.

    Args:
        texts: the words of each text of the training split.
        size: number of different ids, with padding and the unknown word; all ids are below it.
    """
    counts = Counter(word for text in texts for word in text)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    known_words = ranked[: max(size - FIRST_WORD, 0)]
    return {word: index for index, (word, _) in enumerate(known_words, start=FIRST_WORD)}


def encode(
    texts: Sequence[Sequence[str]], ids: dict[str, int], length: int, ends: str = "start"
) -> tuple[np.ndarray, np.ndarray]:
    """Encode at most `length` words of each text, padded on the right, and count them.

    A longer text keeps its first words (`start`), or as many from its beginning as from its end
    (`both`), since a review often gives its opinion last.

    A text without a word becomes one unknown word, so that no length is 0.

    Returns:
        int32 [N, length] and int32 [N].
    """
    values = np.full((len(texts), length), PADDING, dtype=np.int32)
    lengths = np.empty(len(texts), dtype=np.int32)
    for row, text in enumerate(texts):
        kept = text[:length]
        if ends == "both" and len(text) > length:
            last = length // 2
            kept = [*text[: length - last], *text[len(text) - last :]]
        tokens = [ids.get(word, UNKNOWN) for word in kept] or [UNKNOWN]
        values[row, : len(tokens)] = tokens
        lengths[row] = len(tokens)
    return values, lengths
