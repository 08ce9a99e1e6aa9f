"""Instance normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, keras, parameter


@dataclass(frozen=True)
class InstanceNorm(Strategy):
    """Normalization of each channel of each example over its positions, then a scale and a shift.

    Images are normalized over height and width, which takes the contrast out of every channel; text
    over the unmasked positions of the sequence. A single position would leave zeros. Training and
    evaluation are alike. Ulyanov et al. 2016.
    """

    epsilon: float = parameter(1e-3, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts = Facts(
        name="instance_norm",
        family="normalization",
        paper=Paper(
            "Ulyanov, Vedaldi, Lempitsky",
            2016,
            "Instance Normalization: The Missing Ingredient for Fast Stylization",
            "1607.08022",
        ),
        summary="normalizes each channel of each example over its positions",
        equation="y = gamma (x - mean_xc) / sqrt(var_xc + eps) + beta",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the example's statistics; no setting leaves them out",
        default=True,
        claims=("images stylized much better than with batch normalization",),
    )

    def normalization(self, slot: Slot) -> Layer:
        if slot.kind == "map":
            return keras.layers.GroupNormalization(groups=-1, epsilon=self.epsilon)
        from strategies._layers import SequenceNormalization

        return SequenceNormalization(epsilon=self.epsilon)
