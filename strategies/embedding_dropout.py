"""Embedding dropout: drop word types."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Strategy, Tensor, parameter, tf
from strategies._noise import dropped


def drop_words(ids: Tensor, embeddings: Tensor, rate: float | Tensor, key: Tensor) -> Tensor:
    """Set some words of each text wholly to zero, in embeddings [B, T, D] of token ids [B, T].

    A word is dropped at all its places in a text or at none: every place has the noise of the word's
    first one. Other words are divided by 1 - rate.
    """
    length = ids.shape[1]
    same = ids[:, :, None] == ids[:, None, :]
    first = tf.reduce_min(tf.where(same, tf.range(length), length), axis=2)
    noise = dropped(tf.ones(tf.shape(ids)), rate, key)
    kept = tf.gather(noise, first, batch_dims=1)[..., None]
    return embeddings * tf.cast(kept, embeddings.dtype)


@dataclass(frozen=True)
class EmbeddingDropout(Strategy):
    """Embeddings of whole words of a text set to zero, at all their places.

    So single words do not give a text away. Each text draws its own words in every step; passes that
    run the model again from its features (R-Drop) share them. It compares all pairs of positions, which
    costs little at the usual lengths. Gal & Ghahramani 2015, section 4.2.
    """

    rate: float = parameter(0.1, low=0.0, high=0.95, tune=(0.02, 0.5), doc="share of words")

    facts = Facts(
        name="embedding_dropout",
        family="noise in the network",
        paper=Paper(
            "Gal, Ghahramani",
            2015,
            "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks",
            "1512.05287",
        ),
        summary="sets the embeddings of whole words of a text to zero",
        equation="e'_t = e_t m_{w_t} / (1 - p), m_w ~ Bernoulli(1 - p)",
        modalities=("text",),
        cost="cheap",
        identity={"rate": 0.0},
        claims=(
            "forces a model to not depend on single words for its task",
            "with variational dropout, the best single model of its time on Penn Treebank (73.4)",
        ),
    )

    def embedded(self, ids: Tensor, embeddings: Tensor, moment: Moment) -> Tensor:
        return drop_words(ids, embeddings, self.rate, moment.key)
