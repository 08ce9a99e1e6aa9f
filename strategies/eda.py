"""EDA: swap, delete or insert a few words of a text."""

from dataclasses import dataclass
from typing import NamedTuple

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._random import keys, uniform, whole
from strategies.word_dropout import UNKNOWN


class Shuffle(NamedTuple):
    """Places in a random order: the first ones are those that change."""

    order: Tensor
    """int32 [B, S], the places; those beyond the text come last."""
    rank: Tensor
    """int32 [B, S], the position of each place in the order."""


def shuffle(length: Tensor, chance: Tensor) -> Shuffle:
    """Shuffle the first `length` places of each text, int32 [B], by uniform numbers [B, S]."""
    there = tf.range(chance.shape[1])[None, :] < length[:, None]
    order = tf.argsort(tf.where(there, chance, 2.0), axis=1)
    return Shuffle(order, tf.argsort(order, axis=1))


def swap(ids: Tensor, mask: Tensor, count: Tensor, places: Shuffle) -> Tensor:
    """Swap `count` pairs of words in each text.

    No word is in two pairs. A text has at most as many pairs as half its words.

    Args:
        ids, mask: texts [B, T]; the mask is true for a word.
        count: int32 [B].
        places: a shuffle of the words of each text, at least [B, T].
    """
    order, rank = places.order, places.rank[:, : ids.shape[1]]
    pairs = tf.minimum(count, lengths(mask) // 2)[:, None]
    partner = tf.where(rank < 2 * pairs, rank - pairs, rank)
    partner = tf.where(rank < pairs, rank + pairs, partner)
    return tf.gather(ids, tf.gather(order, partner, batch_dims=1), batch_dims=1)


def delete(ids: Tensor, mask: Tensor, rate: Tensor, chance: Tensor) -> tuple[Tensor, Tensor]:
    """Delete each word with probability `rate`; return texts that have closed up, and their mask.

    A text that would lose all its words keeps one of them. `chance` are uniform numbers [B, T].
    """
    number = tf.where(mask, chance, -1.0)
    last = mask & (number == tf.reduce_max(number, axis=1, keepdims=True))
    stays = tf.cumsum(tf.cast((number >= rate) | last, tf.int32), axis=1)
    place = tf.tile(tf.range(ids.shape[1])[None, :], [tf.shape(ids)[0], 1])
    source = tf.minimum(tf.searchsorted(stays, place + 1), ids.shape[1] - 1)
    left = place < stays[:, -1:]
    return tf.where(left, tf.gather(ids, source, batch_dims=1), 0), left


def insert(
    ids: Tensor, mask: Tensor, words: Tensor, count: Tensor, places: Shuffle
) -> tuple[Tensor, Tensor]:
    """Insert `count` words into each text, at random places; return texts and their mask.

    Words that no longer fit into T places are cut off at the end.

    Args:
        ids, mask: texts [B, T]; the mask is true for a word.
        words: new words, int32 [B, T].
        count: int32 [B].
        places: a shuffle of the places of each longer text, at least [B, T].
    """
    width = ids.shape[1]
    new = places.rank[:, :width] < count[:, None]
    source = tf.maximum(tf.cumsum(tf.cast(~new, tf.int32), axis=1) - 1, 0)
    longer = tf.where(new, words, tf.gather(ids, source, batch_dims=1))
    there = tf.range(width)[None, :] < (lengths(mask) + count)[:, None]
    return tf.where(there, longer, 0), there


def words_of(ids: Tensor, mask: Tensor, key: Tensor) -> Tensor:
    """Draw known words, int32 [B, T], each as often as the texts have it."""
    known = tf.reshape(mask & (ids != UNKNOWN), [-1])
    before = tf.cumsum(tf.cast(known, tf.int32))
    number = tf.cast(uniform(key, tf.shape(before)) * tf.cast(before[-1], tf.float32), tf.int32)
    place = tf.minimum(tf.searchsorted(before, number, side="right"), tf.size(before) - 1)
    drawn = tf.where(before[-1] > 0, tf.gather(tf.reshape(ids, [-1]), place), UNKNOWN)
    return tf.reshape(drawn, tf.shape(ids))


def lengths(mask: Tensor) -> Tensor:
    """Count the words of each text: [B, T] -> int32 [B]."""
    return tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)


@dataclass(frozen=True)
class Eda(Strategy):
    """Some words of a text swapped, deleted or inserted: one of the three, at random for each text.

    For a text of L words, max(1, floor(alpha L)) pairs are swapped or as many words are inserted, or
    each word is deleted with probability alpha. The paper's fourth operation, and its insertion, take
    synonyms from a thesaurus. There is none here: replacement is left out, and what is inserted is
    drawn from the known words of the batch. The pairs of a swap are disjoint, where the authors' code
    may swap a word twice. The paper trains on each text and on copies that are made once, 4 of them for
    5,000 texts or more (from memory, not checked). Here a text is changed again in each epoch, with the
    chance `prob` 4 / 5. It helps small data sets. Where the order of words decides, swaps may harm. Wei
    & Zou 2019, section 2.
    """

    alpha: float = parameter(0.1, low=0.01, high=0.5, tune=(0.02, 0.3), doc="share of the words")
    prob: float = parameter(0.8, low=0.0, high=1.0, tune=(0.25, 1.0), doc="chance of a change")

    facts = Facts(
        name="eda",
        family="augmentation",
        paper=Paper(
            "Wei, Zou",
            2019,
            "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text "
            "Classification Tasks",
            "1901.11196",
        ),
        summary="swaps, deletes or inserts a few words of a text",
        equation="x' = swap, delete or insert (alpha L words of L) with probability prob, else x",
        modalities=("text",),
        cost="cheap",
        identity={"prob": 0.0},
        rank=25,
        claims=(
            "0.8 points of accuracy on five tasks, 3.0 with 500 training examples",
            "with half of the data, as accurate as without it on all of the data",
        ),
    )

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        ids, mask, _ = batch
        choosing, changing, placing, drawing = keys(moment.key, 4)
        size, width = tf.shape(ids)[0], ids.shape[1]
        changed = uniform(changing, [size]) < self.prob
        operation = tf.where(changed, whole(choosing, [size], 3), 3)
        length = lengths(mask)
        # A product that is whole but for its rounding counts as whole.
        share = tf.cast(self.alpha * tf.cast(length, tf.float32) + 1e-4, tf.int32)
        count = tf.where(length > 0, tf.maximum(share, 1), 0)
        # A text has one operation, so the same numbers can choose the places of all three.
        chance = uniform(placing, [size, width + width // 2 + 1])
        swaps, inserted = (tf.where(operation == kind, count, 0) for kind in (0, 2))
        places = shuffle(length + inserted, chance)
        swapped = swap(ids, mask, swaps, places)
        fewer, left = delete(ids, mask, self.alpha, chance[:, :width])
        more, there = insert(ids, mask, words_of(ids, mask, drawing), inserted, places)
        operation = operation[:, None]
        values = tf.where(operation == 1, fewer, tf.where(operation == 2, more, swapped))
        kept = tf.where(operation == 1, left, tf.where(operation == 2, there, mask))
        return batch._replace(values=values, mask=kept)
