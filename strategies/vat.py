"""VAT: make predictions smooth in the direction in which they change most."""

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
from strategies.fgm import SCALE
from strategies.gaussian_noise import normal


def directions(values: Tensor, there: Tensor) -> Tensor:
    """Scale the values of each example to norm 1: [B, ...] -> float32 [B, ...].

    Args:
        values: of any floating type; where all of an example are 0, they stay 0.
        there: float32, 1 for values that count and 0 for padding, broadcast to the values.
    """
    axes = list(range(1, len(values.shape)))
    values = tf.cast(values, tf.float32) * there
    # Squares of small gradients would vanish.
    largest = tf.reduce_max(tf.abs(values), axes, keepdims=True)
    values = tf.math.divide_no_nan(values, largest)
    norm = tf.sqrt(tf.reduce_sum(tf.square(values), axes, keepdims=True))
    return tf.math.divide_no_nan(values, norm)


def deviation(values: Tensor, there: Tensor) -> Tensor:
    """Return the standard deviation of the values that count, a float32 scalar."""
    values = tf.cast(values, tf.float32)
    counts = there * tf.ones_like(values)
    total = tf.maximum(tf.reduce_sum(counts), 1.0)
    mean = tf.reduce_sum(values * counts) / total
    return tf.sqrt(tf.reduce_sum(tf.square(values - mean) * counts) / total)


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """Return KL(p || q) of the softmax of two logits: [B, K], [B, K] -> float32 [B]."""
    log_p, log_q = (tf.nn.log_softmax(tf.cast(z, tf.float32)) for z in (first, second))
    return tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), axis=-1)


@dataclass(frozen=True)
class Vat(Strategy):
    """The loss plus how far predictions move along the direction in which they move most.

    The direction comes from one power iteration: the gradient of the divergence a short way xi along a
    random direction. It needs no label. All passes have the same dropout masks, so that the divergence
    is 0 at the example itself. Lengths are norms over a whole example in standard deviations of the
    batch's features: standardized pixels, or the embeddings of words, which the paper on text
    normalizes. The paper tunes epsilon alone; 8 is the default of the authors' code for CIFAR-10, and 5
    is the length on text. Their xi of 1e-6 vanishes in half precision; it is 1 here. It helps most with
    unlabeled examples, which this suite does not have. A step costs as much as three. Miyato et al.
    2017, equations 5 to 12.
    """

    epsilon: float = parameter(
        8.0, low=0.0, high=100.0, log=True, tune=(0.5, 16.0), doc="length of the perturbation"
    )
    alpha: float = parameter(
        1.0, low=0.0, high=100.0, log=True, tune=(0.1, 4.0), doc="weight of divergence"
    )
    xi: float = parameter(1.0, low=1e-3, high=10.0, log=True, doc="length of the first step")

    facts = Facts(
        name="vat",
        family="targets and loss",
        paper=Paper(
            "Miyato, Maeda, Koyama, Ishii",
            2017,
            "Virtual Adversarial Training: A Regularization Method for Supervised and "
            "Semi-Supervised Learning",
            "1704.03976",
        ),
        summary="predictions must not change in the direction in which they change most",
        equation="L = CE(x) + alpha KL(p(x) || p(x + epsilon g / |g|)), g = grad_d KL(p(x) || p(x + d))",
        modalities=("image", "text"),
        cost="triple",
        continuous=True,
        identity={"alpha": 0.0},
        rank=12,
        same_noise=True,
        claims=(
            "error on MNIST 0.64% and on CIFAR-10 5.81%, with all labels",
            "the best semi-supervised results of its time on SVHN and CIFAR-10",
        ),
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        values = batch.values
        there = tf.ones([]) if batch.mask is None else tf.cast(batch.mask, tf.float32)[..., None]
        unit = deviation(values, there)
        clean = rest(batch)
        # The prediction is a constant: only the one beside it learns.
        known = tf.stop_gradient(clean.logits)
        start = self.xi * unit * directions(normal(moment.key, tf.shape(values)), there)
        with tf.GradientTape() as tape:
            tape.watch(start)
            near = rest(batch._replace(values=values + tf.cast(start, values.dtype)))
            apart = tf.reduce_sum(divergence(known, near.logits)) * SCALE
        worst = directions(tape.gradient(apart, start), there)
        moved = tf.stop_gradient(self.epsilon * unit * worst)
        far = rest(batch._replace(values=values + tf.cast(moved, values.dtype)))
        losses = clean.losses + self.alpha * divergence(known, far.logits)
        return clean._replace(losses=losses)
