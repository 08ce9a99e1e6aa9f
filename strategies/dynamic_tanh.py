"""Dynamic tanh: a squashing function in place of a normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, parameter


@dataclass(frozen=True)
class DynamicTanh(Strategy):
    """The hyperbolic tangent of activations times a learned number, then a scale and a shift a channel.

    It limits large activations as layer normalization does, without any statistics: every position is
    by itself, in training and in evaluation. It is made for Transformers with layer normalization. The
    authors find that it does worse than batch normalization in convolutional networks. In language
    models the start of alpha matters. Zhu et al. 2025, section 4.
    """

    alpha: float = parameter(
        0.5, low=0.01, high=10.0, log=True, tune=(0.1, 2.0), doc="start of the learned number"
    )

    facts = Facts(
        name="dynamic_tanh",
        family="normalization",
        paper=Paper(
            "Zhu, Chen, He, LeCun, Liu", 2025, "Transformers without Normalization", "2503.10622"
        ),
        summary="squashes activations in place of normalizing them",
        equation="y = gamma tanh(alpha x) + beta, alpha one learned number a layer",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and squashes; no setting leaves that out",
        claims=(
            "Transformers with it are as good as with normalization, mostly without tuning",
            "in ResNet-50 and VGG19 it does worse than batch normalization",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        from strategies._uncentered import DynamicTanhLayer

        return DynamicTanhLayer(self.alpha)
