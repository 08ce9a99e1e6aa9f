"""z-loss: keep the softmax's normalizer near 1."""

from dataclasses import dataclass

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter, tf


def squared_normalizer(logits: Tensor) -> Tensor:
    """Return (log sum_k exp z_k)^2: [B, K] -> [B]."""
    return tf.square(tf.reduce_logsumexp(logits, axis=-1))


@dataclass(frozen=True)
class ZLoss(Strategy):
    """The loss plus a small multiple of log^2 Z, where Z normalizes the softmax.

    The cross-entropy does not change if all logits of an example grow together. This term anchors them,
    so that they neither drift nor lose precision. It also bounds the confidence a little. With K
    classes it pulls toward logits of -log K where predictions are uniform. Chowdhery et al. 2022,
    section 5, use it for stability, and report no accuracy without it.
    """

    strength: float = parameter(
        1e-4, low=0.0, high=10.0, log=True, tune=(1e-5, 1e-1), doc="weight of log^2 Z"
    )

    facts = Facts(
        name="z_loss",
        family="targets and loss",
        paper=Paper(
            "Chowdhery, Narang, Devlin, and others",
            2022,
            "PaLM: Scaling Language Modeling with Pathways",
            "2204.02311",
        ),
        summary="keeps the normalizer of the softmax near 1",
        equation="L = CE(y, p) + s log^2 Z, Z = sum_k exp z_k",
        modalities=("image", "text"),
        cost="free",
        identity={"strength": 0.0},
        rank=60,
        claims=("increases the stability of the training of a large language model",),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        outcome = rest(batch)
        penalized = outcome.losses + self.strength * squared_normalizer(outcome.logits)
        return outcome._replace(losses=penalized)
