"""Focal loss: count examples that are already right less."""

from dataclasses import dataclass

from bench import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, Tensor, parameter, tf


def focal_cross_entropy(targets: Tensor, logits: Tensor, gamma: float | Tensor) -> Tensor:
    """Return -sum_k y_k (1 - p_k)^gamma log p_k for soft targets and logits [B, K] -> [B].

    It is computed as the cross-entropy less the part that the focus removes, so that gamma 0 gives the
    cross-entropy and its gradient to the last bit.
    """
    log_p = tf.nn.log_softmax(logits)
    # 1 - p without cancellation; kept off 0, where its power has no finite slope for gamma < 1.
    rest = tf.maximum(-tf.math.expm1(log_p), 1e-7)
    taken_off = tf.reduce_sum(targets * (1.0 - rest**gamma) * log_p, axis=-1)
    return tf.nn.softmax_cross_entropy_with_logits(targets, logits) + taken_off


@dataclass(frozen=True)
class FocalLoss(Strategy):
    """The cross-entropy with each class's part weighted by (1 - p)^gamma.

    This is the form for softmax. The paper's further weight alpha balances foreground and background;
    it is left out, since the classes here are balanced. The technique is made for detection with few
    positives; with balanced classes it mostly calibrates. It replaces the loss, so it is innermost. Lin
    et al. 2017, equation 4.
    """

    gamma: float = parameter(2.0, low=0.0, high=10.0, tune=(0.5, 5.0), doc="focus on hard examples")

    facts = Facts(
        name="focal_loss",
        family="targets and loss",
        paper=Paper(
            "Lin, Goyal, Girshick, He, Dollar",
            2017,
            "Focal Loss for Dense Object Detection",
            "1708.02002",
        ),
        summary="examples that are already right count less",
        equation="L = -sum_k y_k (1 - p_k)^gamma log p_k",
        modalities=("image", "text"),
        cost="free",
        identity={"gamma": 0.0},
        rank=90,
        claims=(
            "keeps the many easy negatives from overwhelming a one-stage detector",
            "COCO average precision of RetinaNet 39.1, above two-stage detectors",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        outcome = rest(batch)
        losses = focal_cross_entropy(outcome.targets, outcome.logits, self.gamma)
        return outcome._replace(losses=losses)
