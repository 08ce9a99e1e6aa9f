"""Spatial dropout: drop whole channels."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter, tf
from strategies._noise import dropped


def drop_channels(values: Tensor, rate: float | Tensor, key: Tensor) -> Tensor:
    """Zero whole channels of each example, [B, ..., C], with probability `rate`; scale the others up."""
    shape = tf.shape(values)
    between = [1] * (len(values.shape) - 2)
    return dropped(values, rate, key, [shape[0], *between, shape[-1]])


@dataclass(frozen=True)
class SpatialDropout(Strategy):
    """Channels of an example set to zero at all positions, the others scaled up.

    In feature maps [B, H, W, C] neighbors are so alike that dropping single activations hardly removes
    information. On sequences [B, T, D] a feature is dropped at all positions. Tompson et al. 2014,
    section 3.2.
    """

    rate: float = parameter(0.2, low=0.0, high=0.95, tune=(0.05, 0.5), doc="share of channels")

    facts = Facts(
        name="spatial_dropout",
        family="noise in the network",
        paper=Paper(
            "Tompson, Goroshin, Jain, LeCun, Bregler",
            2014,
            "Efficient Object Localization Using Convolutional Networks",
            "1411.4280",
        ),
        summary="sets whole channels to zero at random",
        equation="y[..., c] = x[..., c] m_c / (1 - p), m_c ~ Bernoulli(1 - p)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        claims=(
            "single activations of a feature map are too correlated for dropout to regularize",
            "better on human pose data sets, most of all where training data is scarce",
        ),
    )

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        if slot.kind == "vector":
            return values
        return drop_channels(values, self.rate, moment.key)
