"""EDA."""

from __future__ import annotations

from tests.mutants import Mutant


def mutant(name: str, old: str, new: str, only: str = "") -> Mutant:
    return Mutant(
        f"eda-{name}", "strategies/eda.py", old, new, "tests/strategies/test_eda.py", only
    )


MUTANTS = [
    mutant(
        "shuffles-padding-in", "tf.where(there, chance, 2.0)", "chance", "disjoint",
    ),
    mutant("swaps-more-pairs-than-fit", "tf.minimum(count, lengths(mask) // 2)", "count", "disjoint"),
    mutant("swaps-by-copying", "tf.where(rank < pairs, rank + pairs, partner)", "partner", "disjoint"),
    mutant(
        "deletes-whole-texts", "(number >= rate) | last", "number >= rate", "loses_all",
    ),
    mutant(
        "keeps-a-word-of-an-empty-text", "last = mask & (number", "last = (number", "loses_all",
    ),
    mutant(
        "leaves-holes", "tf.where(left, tf.gather(ids, source, batch_dims=1), 0), left",
        "tf.where(number >= rate, ids, 0), mask", "close_up",
    ),
    mutant(
        "closes-up-in-another-order", "tf.searchsorted(stays, place + 1)",
        "tf.searchsorted(stays, stays[:, -1:] - place)", "close_up",
    ),
    mutant(
        "keeps-the-first-word", "number = tf.where(mask, chance, -1.0)",
        "number = tf.where(mask, tf.sort(chance, 1, 'DESCENDING'), -1.0)", "close_up",
    ),
    mutant(
        "overwrites-words", "source = tf.maximum(tf.cumsum(tf.cast(~new, tf.int32), axis=1) - 1, 0)",
        "source = tf.zeros_like(ids) + tf.range(width)", "between",
    ),
    mutant("inserts-at-the-front", "places.rank[:, :width] < count[:, None]",
           "tf.range(width)[None, :] < count[:, None]", "between"),
    mutant("keeps-the-old-mask", "return tf.where(there, longer, 0), there",
           "return tf.where(there, longer, 0), mask", "between"),
    mutant(
        "inserts-the-unknown-word", "mask & (ids != UNKNOWN)", "mask", "as_often",
    ),
    mutant("inserts-padding", "mask & (ids != UNKNOWN)", "ids != UNKNOWN", "as_often"),
    mutant(
        "draws-the-vocabulary-evenly", "tf.gather(tf.reshape(ids, [-1]), place)",
        "tf.gather(tf.unique(tf.reshape(tf.boolean_mask(ids, ids > 1), [-1]))[0], number % 2)",
        "as_often",
    ),
    mutant(
        "has-one-operation-for-the-batch", "whole(choosing, [size], 3)",
        "tf.repeat(whole(choosing, [1], 3), size)", "as_likely",
    ),
    mutant("never-inserts", "whole(choosing, [size], 3)", "whole(choosing, [size], 2)", "as_likely"),
    mutant("changes-every-text", "< self.prob", "< 1.0", "share_of_the_texts"),
    mutant(
        "counts-the-padded-length", "share = tf.cast(self.alpha * tf.cast(length, tf.float32) + 1e-4",
        "share = tf.cast(self.alpha * float(width) + 0.0 * tf.cast(length, tf.float32)", "true_length",
    ),
    mutant("leaves-short-texts-alone", "tf.maximum(share, 1)", "share", "true_length"),
    mutant(
        "writes-into-empty-texts", "tf.where(length > 0, tf.maximum(share, 1), 0)",
        "tf.maximum(share, 1)", "stays_a_text",
    ),
]  # fmt: skip
