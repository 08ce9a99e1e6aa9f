"""Root mean square normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, keras, parameter


@dataclass(frozen=True)
class RMSNorm(Strategy):
    """Each example divided by its root mean square, then a scale: layer norm without the mean.

    Text is normalized at each position, over its features; images over height, width and channels, with
    a scale a channel. Nothing is centered or shifted. Training and evaluation are alike. Zhang &
    Sennrich 2019, equation 4.
    """

    epsilon: float = parameter(1e-6, low=1e-8, high=0.1, log=True, doc="added to the mean square")

    facts = Facts(
        name="rms_norm",
        family="normalization",
        paper=Paper("Zhang, Sennrich", 2019, "Root Mean Square Layer Normalization", "1910.07467"),
        summary="divides each example by the root mean square of its features",
        equation="y = gamma x / sqrt(mean(x^2) + eps)",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the example's statistics; no setting leaves them out",
        claims=(
            "as accurate as layer normalization",
            "7% to 64% less running time than layer normalization",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        if slot.kind != "map":
            return keras.layers.RMSNormalization(epsilon=self.epsilon)
        from strategies._layers import MapRMSNormalization

        return MapRMSNormalization(epsilon=self.epsilon)
