"""Word dropout: replace some tokens with the unknown token."""

from dataclasses import dataclass

from bench import Batch, Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._random import uniform

UNKNOWN = 1
"""The id of a word that is not in the vocabulary; 0 is padding."""


def drop_words(ids: Tensor, mask: Tensor, rate: float | Tensor, key: Tensor) -> Tensor:
    """Replace token ids [B, T] under the mask with the unknown token, each with probability `rate`."""
    dropped = uniform(key, tf.shape(ids)) < rate
    return tf.where(mask & dropped, tf.cast(UNKNOWN, ids.dtype), ids)


@dataclass(frozen=True)
class WordDropout(Strategy):
    """Tokens replaced with the unknown one with probability `rate`, so that no word decides.

    Lengths and masks stay as they are. Iyyer et al. leave the words out of an average, at a rate of .3.
    Here the unknown token stays in the sequence and has an embedding of its own, so the default is .1.
    It helps small vocabularies that overfit. Iyyer et al. 2015, section 4.1.
    """

    rate: float = parameter(0.1, low=0.0, high=0.9, tune=(0.02, 0.5), doc="share of the tokens")

    facts = Facts(
        name="word_dropout",
        family="augmentation",
        paper=Paper(
            "Iyyer, Manjunatha, Boyd-Graber, Daume III",
            2015,
            "Deep Unordered Composition Rivals Syntactic Methods for Text Classification",
        ),
        summary="replaces some tokens with the unknown token",
        equation="w' = unknown with probability rate, else w",
        modalities=("text",),
        cost="free",
        identity={"rate": 0.0},
        rank=30,
        claims=("with a deeper network, improves averaged word vectors at sentiment analysis",),
    )

    def examples(self, batch: Batch, moment: Moment) -> Batch:
        return batch._replace(values=drop_words(batch.values, batch.mask, self.rate, moment.key))
