"""DropBlock: drop square regions of feature maps."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter, tf
from strategies._random import uniform
from strategies._schedule import ramped


def chance_of_a_block(height: int, width: int, size: tuple[int, int]) -> float:
    """Return gamma / (1 - keep_prob) of equation 1, for maps that need not be square.

    A block has height x width positions and lies within the map, so fewer positions can be centers.
    """
    tall, wide = size
    centers = (height - tall + 1) * (width - wide + 1)
    return height * width / (tall * wide * centers)


def blocks(
    shape: tuple[int, int, int, int], size: int, rate: float | Tensor, key: Tensor
) -> Tensor:
    """Draw the positions that are kept: boolean [B, H, W, C], each channel by itself.

    A center is drawn with the probability gamma where a whole block fits. Blocks overlap, so slightly
    less than `rate` of the positions are dropped, as in the paper.

    Args:
        shape: of the maps, [B, H, W, C].
        size: side of a block; cut to the height and the width of the map.
        rate: scalar in [0, 1), share of the positions to drop.
        key: stateless random key, int32 [2].
    """
    count, height, width, channels = shape
    tall, wide = min(size, height), min(size, width)
    gamma = rate * chance_of_a_block(height, width, (tall, wide))
    drawn = uniform(key, [count, height - tall + 1, width - wide + 1, channels]) < gamma
    # A corner drops the block below it and to its right: padding lets each position see its corners.
    padding = [[0, 0], [tall - 1, tall - 1], [wide - 1, wide - 1], [0, 0]]
    corners = tf.pad(tf.cast(drawn, tf.float32), padding)
    return tf.nn.max_pool2d(corners, (tall, wide), 1, "VALID") < 0.5


def drop_blocks(values: Tensor, size: int, rate: float | Tensor, key: Tensor) -> Tensor:
    """Zero blocks of feature maps [B, H, W, C]; scale the rest so that the mean of the mask is 1."""
    kept = tf.cast(blocks(tuple(values.shape), size, rate, key), tf.float32)
    scale = 1.0 / tf.maximum(tf.reduce_mean(kept), 1e-6)
    return tf.cast(tf.cast(values, tf.float32) * (kept * scale), values.dtype)


@dataclass(frozen=True)
class DropBlock(Strategy):
    """Squares of feature maps set to zero, at a rate that grows linearly over the training.

    Neighbors in a feature map carry the same information, so dropping single activations removes little
    of it. Each channel of each example has its own squares. What is kept is scaled by the count of the
    whole batch, as in the paper's algorithm 1. It acts on the deeper half of the network, where the
    paper takes the last two of four groups. Its weaker rate for the first of the two is left out, and
    its blocks on shortcuts, which are no slot here. Squares of 7 are the paper's for ImageNet; small
    maps get smaller ones. Ghiasi et al. 2018, equation 1 and section 3.
    """

    rate: float = parameter(0.1, low=0.0, high=0.9, tune=(0.02, 0.3), doc="share that is dropped")
    size: int = parameter(7, low=1, high=64, doc="side of a square; at most that of the map")
    ramp: float = parameter(1.0, low=0.0, high=1.0, doc="share of the steps until `rate`")

    facts = Facts(
        name="drop_block",
        family="noise in the network",
        paper=Paper(
            "Ghiasi, Lin, Le",
            2018,
            "DropBlock: A regularization method for convolutional networks",
            "1810.12890",
        ),
        summary="sets squares of deep feature maps to zero, in growing number",
        equation="y = x M / mean(M), M = 0 in b x b around centers ~ Bernoulli(gamma(p))",
        modalities=("image",),
        cost="moderate",
        identity={"rate": 0.0},
        claims=(
            "ImageNet accuracy of ResNet-50 78.13%, more than 1.6 points over the baseline",
            "better than dropout, spatial dropout and Cutout on feature maps",
            "a rate that grows is more robust to the final rate than a constant one",
        ),
    )

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        if slot.kind != "map" or slot.depth < 0.5:
            return values
        rate = ramped(self.rate, self.ramp, moment.progress)
        return drop_blocks(values, self.size, rate, moment.key)
