"""Root mean square normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import Facts, Paper, Slot, Strategy, keras, parameter


@dataclass(frozen=True)
class RMSNorm(Strategy):
    """Divides each example by its root mean square, then scales: layer norm without the mean.

    Text: each position over its features. Images: over height, width and channels, with a scale a
    channel. Nothing is centered and nothing shifted; the same in training and evaluation. Zhang &
    Sennrich 2019, equation 4.
    """

    epsilon: float = parameter(1e-6, low=1e-8, high=0.1, log=True, doc="added to the mean square")

    facts: ClassVar = Facts(
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

    def normalization(self, slot: Slot) -> keras.layers.Layer:
        if slot.kind != "map":
            return keras.layers.RMSNormalization(epsilon=self.epsilon)
        from strategies._rms import MapRMSNormalization

        return MapRMSNormalization(epsilon=self.epsilon)
