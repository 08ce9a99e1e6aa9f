"""Generalized cross-entropy: a loss between the cross-entropy and the mean absolute error."""

from dataclasses import dataclass

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter, tf


def lq_loss(targets: Tensor, logits: Tensor, q: float | Tensor) -> Tensor:
    """Return sum_k y_k (1 - p_k^q) / q for soft targets and logits [B, K] -> [B].

    It is computed as the cross-entropy, the limit for q = 0, plus the difference, so that q = 0 gives
    the cross-entropy and its gradient to the last bit.
    """
    log_p = tf.nn.log_softmax(logits)
    q = tf.cast(q, log_p.dtype)
    positive = tf.where(q > 0.0, q, 1.0)
    # (1 - p^q) / q without cancellation where p^q is near 1.
    box_cox = -tf.math.expm1(positive * log_p) / positive
    difference = tf.where(q > 0.0, box_cox + log_p, tf.zeros_like(log_p))
    cross_entropy = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
    return cross_entropy + tf.reduce_sum(targets * difference, axis=-1)


@dataclass(frozen=True)
class GeneralizedCrossEntropy(Strategy):
    """The loss (1 - p^q) / q, whose gradient is that of the cross-entropy times p^q.

    Examples whose label looks wrong to the network count less, so it memorizes fewer wrong labels. For
    q = 0 it is the cross-entropy, for q = 1 the mean absolute error (halved), which learns slowly. For
    soft labels it is the mean over the labels. The paper's truncated form, which leaves examples out,
    is not here. It is made for noisy labels; on clean ones it tends to underfit. It replaces the loss,
    so it is innermost. Zhang & Sabuncu 2018, equation 6.
    """

    q: float = parameter(0.7, low=0.0, high=1.0, tune=(0.05, 0.9), doc="0: cross-entropy, 1: MAE")

    facts = Facts(
        name="generalized_cross_entropy",
        family="targets and loss",
        paper=Paper(
            "Zhang, Sabuncu",
            2018,
            "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels",
            "1805.07836",
        ),
        summary="examples whose label looks wrong count less",
        equation="L = sum_k y_k (1 - p_k^q) / q",
        modalities=("image", "text"),
        cost="free",
        identity={"q": 0.0},
        conflicts={"focal_loss": "each of them replaces the loss"},
        rank=90,
        claims=(
            "on CIFAR-10, CIFAR-100 and Fashion-MNIST with wrong labels better than cross-entropy and "
            "mean absolute error",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        outcome = rest(batch)
        return outcome._replace(losses=lq_loss(outcome.targets, outcome.logits, self.q))
