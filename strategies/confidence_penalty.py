"""Confidence penalty: reward the entropy of the predictions."""

from dataclasses import dataclass

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter, tf


def entropy(logits: Tensor) -> Tensor:
    """Return the entropy of softmax(logits) in nats: [B, K] -> [B]."""
    log_p = tf.nn.log_softmax(logits)
    return -tf.reduce_sum(tf.exp(log_p) * log_p, axis=-1)


@dataclass(frozen=True)
class ConfidencePenalty(Strategy):
    """The loss less beta times the entropy of the predictions.

    Like label smoothing it keeps logits from growing, with the divergence from the uniform distribution
    in the other direction. It helps the calibration of networks that overfit. Pereyra et al. 2017,
    section 3.
    """

    beta: float = parameter(0.1, low=0.0, high=10.0, tune=(0.02, 1.0), doc="weight of the entropy")

    facts = Facts(
        name="confidence_penalty",
        family="targets and loss",
        paper=Paper(
            "Pereyra, Tucker, Chorowski, Kaiser, Hinton",
            2017,
            "Regularizing Neural Networks by Penalizing Confident Output Distributions",
            "1701.06548",
        ),
        summary="subtracts a share of the predictions' entropy from the loss",
        equation="L = CE(y, p) - beta H(p)",
        modalities=("image", "text"),
        cost="free",
        identity={"beta": 0.0},
        rank=60,
        claims=(
            "improves strong models of images, language, translation and speech "
            "without new hyperparameters for the rest",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        outcome = rest(batch)
        penalized = outcome.losses - self.beta * entropy(outcome.logits)
        return outcome._replace(losses=penalized)
