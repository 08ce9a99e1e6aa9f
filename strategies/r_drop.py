"""R-Drop: make two passes under different dropout masks agree."""

from dataclasses import dataclass

from bench import (
    Batch,
    Facts,
    Loss,
    LossResult,
    Moment,
    Paper,
    Slot,
    Strategy,
    TaskFacts,
    Tensor,
    parameter,
    tf,
)
from strategies._noise import dropped_by_kind


def symmetric_divergence(first: Tensor, second: Tensor) -> Tensor:
    """Return (KL(p || q) + KL(q || p)) / 2 of the softmax of two logits: [B, K], [B, K] -> [B]."""
    log_p, log_q = tf.nn.log_softmax(first), tf.nn.log_softmax(second)
    return 0.5 * tf.reduce_sum((tf.exp(log_p) - tf.exp(log_q)) * (log_p - log_q), axis=-1)


@dataclass(frozen=True)
class RDrop(Strategy):
    """The mean loss of two passes plus the divergence between their predictions.

    Without noise both passes would be the same. So it brings the dropout that the paper presumes:
    before the classifier, and in sequences of text. `dropout` at these rates is the fair comparison; a
    stack of both would drop twice. The paper's loss (equation 4) is halved, so alpha 0 is the mean of
    two passes. It runs two passes, not a doubled batch: batch normalization sees the batch's own
    statistics. It doubles the step's cost. Liang et al. 2021.
    """

    alpha: float = parameter(1.0, low=0.0, high=20.0, tune=(0.1, 5.0), doc="share of divergence")
    rate: float = parameter(0.3, low=0.0, high=0.9, tune=(0.05, 0.5), doc="dropout of vectors")
    sequence_rate: float = parameter(0.1, low=0.0, high=0.9, doc="dropout of sequences")

    facts = Facts(
        name="r_drop",
        family="targets and loss",
        paper=Paper(
            "Liang, Wu, Li, Wang, Meng, Qin, Chen, Zhang, Liu",
            2021,
            "R-Drop: Regularized Dropout for Neural Networks",
            "2106.14448",
        ),
        summary="two passes under different dropout masks must agree",
        equation="L = (CE_1 + CE_2) / 2 + alpha / 2 (KL(p_1, p_2) + KL(p_2, p_1)) / 2",
        modalities=("image", "text"),
        cost="double",
        identity={"alpha": 0.0, "rate": 0.0, "sequence_rate": 0.0},
        conflicts={"dropout": "both drop out the same values; set the rates of r_drop instead"},
        rank=20,
        claims=(
            "improves 5 tasks on 18 data sets, fine-tuned large models among them",
            "WMT14 English to German 30.91 BLEU, English to French 43.95",
        ),
    )

    def applies(self, task: TaskFacts) -> str | None:
        if {"vector", "sequence"} & set(task.offers["noise"]):
            return None
        return "it needs a vector or a sequence to drop out"

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        return dropped_by_kind(slot, values, self.rate, self.sequence_rate, moment.key)

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        first, second = rest(batch), rest(batch)
        apart = symmetric_divergence(first.logits, second.logits)
        losses = 0.5 * (first.losses + second.losses) + 0.5 * self.alpha * apart
        return first._replace(losses=losses)
