"""Manifold MixUp: blend the hidden states of one layer, picked at random."""

from dataclasses import dataclass
from typing import NamedTuple

from bench import Batch, Facts, Moment, Paper, Slot, Strategy, Tensor, parameter, tf
from strategies._mixing import MIXED_TWICE, Pairs, pairs
from strategies.mixup import mixup


class Choice(NamedTuple):
    """The partner of each example, and the place in the network where they mix."""

    pairs: Pairs
    place: Tensor
    """float32 scalar in [0, 1), a position among the slots in their order."""


def chosen(pairs: Pairs, place: Tensor, number: int, total: int) -> Pairs:
    """Return the pairs at the slot that `place` falls on; shares of 1 at the other `total - 1`."""
    here = tf.equal(tf.cast(place * total, tf.int32), number)
    return pairs._replace(share=tf.where(here, pairs.share, 1.0))


@dataclass(frozen=True)
class ManifoldMixUp(Strategy):
    """Hidden states blended at one place of the network a step, and the labels with them.

    The place is drawn uniformly for each step from those that the network offers, its input included.
    Partners and lambda ~ Beta(alpha, alpha) are one draw for all places. Hidden states of a class move
    together, and decisions between classes get smoother. Verma et al. 2018, section 2.
    """

    alpha: float = parameter(2.0, low=0.05, high=16.0, log=True, tune=(0.2, 4.0), doc="of Beta")
    prob: float = parameter(1.0, low=0.0, high=1.0, doc="probability of being mixed")
    per: str = parameter("example", choices=("example", "batch"), doc="what shares a lambda")

    facts = Facts(
        name="manifold_mixup",
        family="mixing",
        paper=Paper(
            "Verma, Lamb, Beckham, Najafi, Mitliagkas, Lopez-Paz, Bengio",
            2018,
            "Manifold Mixup: Better Representations by Interpolating Hidden States",
            "1806.05236",
        ),
        summary="blends hidden states at a random layer, and the labels alike",
        equation="h_k' = l h_k(x_i) + (1 - l) h_k(x_j), y' = l y_i + (1 - l) y_j, k ~ U(layers)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"prob": 0.0},
        conflicts=dict.fromkeys(("cutmix", "mixup"), MIXED_TWICE),
        claims=(
            "better supervised accuracy and test log-likelihood than strong baselines",
            "more robust to single-step adversarial attacks",
            "no significant computation",
        ),
    )

    def draw(self, key: Tensor, size: int) -> Choice:
        place = tf.random.stateless_uniform([], tf.random.experimental.stateless_fold_in(key, 3))
        return Choice(pairs(key, size, self.alpha, self.per, self.prob), place)

    def hidden(self, slot: Slot, batch: Batch, moment: Moment) -> Batch:
        drawn: Choice = moment.drawn
        return mixup(batch, chosen(drawn.pairs, drawn.place, slot.number, slot.total))
