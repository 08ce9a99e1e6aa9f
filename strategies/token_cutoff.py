"""Token cutoff: train on texts without some of their tokens too, and make both predictions agree."""

from dataclasses import dataclass

from bench import (
    Batch,
    Facts,
    Loss,
    LossResult,
    Moment,
    Paper,
    Strategy,
    Tensor,
    parameter,
    tf,
)
from strategies._random import uniform


def left(mask: Tensor, ratio: float, key: Tensor) -> Tensor:
    """Draw the tokens that stay: boolean [B, T], false at floor(ratio L) of each text's L tokens."""
    order = tf.where(mask, uniform(key, tf.shape(mask)), 2.0)
    place = tf.argsort(tf.argsort(order, axis=1), axis=1)
    length = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
    # A product that is whole but for its rounding counts as whole.
    cut = tf.cast(ratio * tf.cast(length, tf.float32) + 1e-4, tf.int32)
    return place >= cut[:, None]


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """Return the Jensen-Shannon divergence of the softmax of logits: [B, K], [B, K] -> float32 [B]."""
    logs = [tf.nn.log_softmax(tf.cast(logits, tf.float32)) for logits in (first, second)]
    mean = tf.reduce_logsumexp(logs, axis=0) - tf.math.log(2.0)
    apart = [tf.reduce_sum(tf.exp(log) * (log - mean), axis=-1) for log in logs]
    return 0.5 * (apart[0] + apart[1])


@dataclass(frozen=True)
class TokenCutoff(Strategy):
    """The losses of texts with and without some tokens, plus the divergence between the predictions.

    A token that is cut has an embedding of zeros. Its place stays: recurrent networks cannot skip
    places, and the authors' mask of the attention is left out. Exactly a share of each text's tokens is
    cut, where the authors' code draws with replacement. The objective is the paper's divided by 1 +
    alpha, so that the learning rate keeps its meaning. It doubles the step's cost. Shen et al. 2020,
    section 3. The ratio is that of the authors' script for GLUE.
    """

    ratio: float = parameter(0.1, low=0.0, high=0.9, tune=(0.05, 0.4), doc="share of tokens cut")
    alpha: float = parameter(1.0, low=0.0, high=10.0, tune=(0.1, 2.0), doc="weight of their loss")
    beta: float = parameter(1.0, low=0.0, high=10.0, tune=(0.1, 2.0), doc="weight of divergence")

    facts = Facts(
        name="token_cutoff",
        family="targets and loss",
        paper=Paper(
            "Shen, Zheng, Shen, Qu, Chen",
            2020,
            "A Simple but Tough-to-Beat Data Augmentation Approach for Natural Language "
            "Understanding and Generation",
            "2009.13818",
        ),
        summary="trains on texts without some tokens too, and makes predictions agree",
        equation="L = (CE(x) + alpha CE(x') + beta JS(p, p')) / (1 + alpha), x' without tokens",
        modalities=("text",),
        cost="double",
        continuous=True,
        identity={"alpha": 0.0, "beta": 0.0},
        rank=15,
        claims=(
            "on par with or better than adversarial training on GLUE, at less cost",
            "the best results of its time on IWSLT2014 German to English",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        stays = left(batch.mask, self.ratio, moment.key)
        clean = rest(batch)
        values = tf.where(stays[..., None], batch.values, tf.zeros([], batch.values.dtype))
        cut = rest(batch._replace(values=values))
        terms = self.alpha * cut.losses + self.beta * divergence(clean.logits, cut.logits)
        return clean._replace(losses=(clean.losses + terms) / (1.0 + self.alpha))
