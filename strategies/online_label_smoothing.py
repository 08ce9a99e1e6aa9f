"""Online label smoothing: soft labels of each class, from the network's own correct predictions."""

from dataclasses import dataclass
from typing import Any

from bench import (
    Batch,
    Facts,
    Loss,
    LossResult,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Tensors,
    Weights,
    parameter,
    tf,
)


def correct_predictions(logits: Tensor, targets: Tensor) -> Tensor:
    """Sum the predictions of each class's examples over those that are right, float32 [K, K].

    An example is right for the class that it is predicted as, by that class's share of its target. For
    hard labels the others count nothing.

    Args:
        logits, targets: [B, K].
    """
    logits = tf.cast(logits, tf.float32)
    predicted = tf.one_hot(tf.argmax(logits, axis=-1), logits.shape[-1])
    return tf.einsum("bk,bj->kj", targets * predicted, tf.nn.softmax(logits))


def means(sums: Tensor) -> Tensor:
    """Return the mean predictions of sums [K, K]; uniform for a class without one that is right."""
    counts = tf.reduce_sum(sums, axis=-1, keepdims=True)
    uniform = 1.0 / float(sums.shape[-1])
    return tf.where(counts > 0.0, tf.math.divide_no_nan(sums, counts), uniform)


@dataclass(frozen=True)
class OnlineLabelSmoothing(Strategy):
    """Targets alpha y + (1 - alpha) S_y, so that similar classes share more of a label.

    S_y is the mean prediction of the examples of class y that were right in the epoch before. In the
    first epoch, and for a class without a right prediction, it is uniform, as in the authors' code. So
    the first epoch smooths by half: trainings of few epochs pay for that. With two classes it is a
    smoothing of each class's own strength. Where examples are mixed, soft labels mix by the same shares.
    A mixed example counts for the class that it is predicted as, by that class's share of its target,
    so that soft labels have a part of the mixing in them. One pass of a step counts. A record has the
    mean of what S_y gives to y itself. Zhang et al. 2021, section 3.
    """

    alpha: float = parameter(0.5, low=0.0, high=1.0, tune=(0.3, 0.95), doc="share of hard labels")

    facts = Facts(
        name="online_label_smoothing",
        family="targets and loss",
        paper=Paper(
            "Zhang, Jiang, Hou, Wei, Han, Li, Cheng",
            2021,
            "Delving Deep into Label Smoothing",
            "2011.12562",
        ),
        summary="smooths each label by what the network predicts for its class",
        equation="y' = alpha y + (1 - alpha) S_y, S_y = mean of p(x) over right x of y, an epoch ago",
        modalities=("image", "text"),
        cost="free",
        identity={"alpha": 1.0},
        conflicts={"label_smoothing": "both of them smooth the same labels"},
        claims=(
            "more accurate than label smoothing on CIFAR-100, ImageNet and fine-grained data",
            "more robust to wrong labels than label smoothing",
        ),
    )

    def state(self, weights: Weights) -> list[Any]:
        # int64: TensorFlow keeps int32 variables in the host's memory.
        counters = [tf.Variable(-1, dtype=tf.int64, trainable=False) for _ in range(2)]
        sums = tf.zeros([weights.classes, weights.classes])
        return [*(tf.Variable(v, trainable=False) for v in (means(sums), sums)), *counters]

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        soft, sums, last_epoch, last_step = moment.state
        epoch, step = tf.cast(moment.epoch, tf.int64), tf.cast(moment.step, tf.int64)
        begins = (epoch > last_epoch) & (epoch > 0)
        soft.assign(tf.where(begins, means(sums), soft))
        sums.assign(tf.where(begins, tf.zeros_like(sums), sums))
        last_epoch.assign(epoch)
        smoothed = tf.matmul(batch.targets, soft)
        targets = self.alpha * batch.targets + (1.0 - self.alpha) * smoothed
        outcome = rest(batch._replace(targets=targets))
        right = tf.stop_gradient(correct_predictions(outcome.logits, batch.targets))
        sums.assign_add(tf.where(step > last_step, right, tf.zeros_like(right)))
        last_step.assign(step)
        return outcome

    def measured(self, state: Tensors) -> dict[str, float]:
        """Return what the soft labels give to their own classes, as a mean."""
        return {"own_class": float(tf.reduce_mean(tf.linalg.diag_part(state[0])))}
