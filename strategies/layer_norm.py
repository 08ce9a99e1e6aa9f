"""Layer normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, keras, parameter


@dataclass(frozen=True)
class LayerNorm(Strategy):
    """Normalization of each example by its own mean and variance, then a scale and a shift.

    Text is normalized at each position, over its features; images over height, width and channels, with
    a scale and a shift a channel. Keras's `LayerNormalization` on [B, H, W, C] would normalize each
    pixel. Training and evaluation are alike, for every batch. Ba et al. 2016, equations 3 and 4.
    """

    epsilon: float = parameter(1e-3, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts = Facts(
        name="layer_norm",
        family="normalization",
        paper=Paper("Ba, Kiros, Hinton", 2016, "Layer Normalization", "1607.06450"),
        summary="normalizes each example over its features",
        equation="y = gamma (x - mean_x) / sqrt(var_x + eps) + beta",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the example's statistics; no setting leaves them out",
        default=True,
        claims=(
            "stabilizes the hidden states of recurrent networks",
            "shortens training compared with earlier techniques",
            "on convolutional networks batch normalization does better",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        if slot.kind == "map":
            return keras.layers.GroupNormalization(groups=1, epsilon=self.epsilon)
        return keras.layers.LayerNormalization(epsilon=self.epsilon)
