"""ShakeDrop: disturb residual branches at random, forward and backward by different factors."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter, tf
from strategies._random import keys, uniform


def shaken(branch: Tensor, forward: Tensor, backward: Tensor) -> Tensor:
    """Multiply a branch [B, ...] by one factor, and its gradient by another.

    The product is in float32 and has the branch's type.
    """
    full = tf.cast(branch, tf.float32)
    result = backward * full + tf.stop_gradient((forward - backward) * full)
    return tf.cast(result, branch.dtype)


def factors(examples: Tensor, rate: float | Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """Draw the factors of a branch in the forward and the backward pass, float32 [B] each.

    With probability `rate` they are alpha of [-1, 1) and beta of [0, 1), else both are 1. They are
    divided by 1 - rate, the mean of the first one.

    Args:
        examples: size of the batch, B.
        rate: scalar in [0, 1), probability that a branch is disturbed.
        key: stateless random key, int32 [2].
    """
    kept, alpha, beta = (uniform(k, [examples]) for k in keys(key, 3))
    whole = kept >= rate
    forward = tf.where(whole, 1.0, 2.0 * alpha - 1.0)
    backward = tf.where(whole, 1.0, beta)
    return forward / (1.0 - rate), backward / (1.0 - rate)


def add_shaken(shortcut: Tensor, branch: Tensor, rate: float | Tensor, key: Tensor) -> Tensor:
    """Add shortcut and branch, both [B, ...], with the branches of some examples disturbed."""
    wide = [-1, *[1] * (len(branch.shape) - 1)]
    forward, backward = factors(tf.shape(branch)[0], rate, key)
    return shortcut + shaken(branch, tf.reshape(forward, wide), tf.reshape(backward, wide))


@dataclass(frozen=True)
class ShakeDrop(Strategy):
    """Residual branches times alpha in the forward pass and beta in the backward pass, at random.

    Alpha is uniform in [-1, 1] and beta in [0, 1], so gradients do not fit the loss. A branch at depth
    l of L is disturbed with probability l / L times `rate`, and left alone otherwise, which keeps the
    training stable. The paper scales branches by the mean factor in evaluation; here they are divided
    by it in training, which is the same function. An example has its own factors, as in public code of
    PyramidNet; the paper's code decides for a whole batch whether to disturb it. The rate of .5 is the
    paper's (quoted from memory), for networks of more than a hundred layers whose branches end in a
    batch normalization. Networks with few branches and without normalization need a lower one. Yamada et
    al. 2018, equation of ShakeDrop and the linear decay rule.
    """

    rate: float = parameter(0.5, low=0.0, high=0.95, tune=(0.05, 0.5), doc="for the last branch")

    facts = Facts(
        name="shake_drop",
        family="noise in the network",
        paper=Paper(
            "Yamada, Iwamura, Akiba, Kise",
            2018,
            "ShakeDrop Regularization for Deep Residual Learning",
            "1802.02375",
        ),
        summary="disturbs residual branches and their gradients at random, deep ones more often",
        equation="y = x + (b + a - b a) f(x) / p_l, backward b + c - b c; b ~ Bernoulli(p_l), "
        "a ~ U[-1, 1], c ~ U[0, 1], p_l = 1 - p l / L",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        claims=(
            "more effective than Shake-Shake, and works for networks with a single branch",
            "improves ResNet, Wide ResNet, PyramidNet and ResNeXt on CIFAR",
        ),
    )

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor, moment: Moment) -> Tensor:
        return add_shaken(shortcut, branch, self.rate * slot.depth, moment.key)
