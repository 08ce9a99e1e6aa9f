"""Layer normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import Facts, Paper, Slot, Strategy, keras, parameter


@dataclass(frozen=True)
class LayerNorm(Strategy):
    """Normalizes each example by its own mean and variance, then scales and shifts.

    Text: each position over its features. Images: over height, width and channels with a scale and
    a shift a channel; `LayerNormalization` on [B, H, W, C] would normalize each pixel. The same in
    training and evaluation, whatever the batch. Ba et al. 2016, equations 3 and 4.
    """

    epsilon: float = parameter(1e-3, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts: ClassVar = Facts(
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

    def normalization(self, slot: Slot) -> keras.layers.Layer:
        if slot.kind == "map":
            return keras.layers.GroupNormalization(groups=1, epsilon=self.epsilon)
        return keras.layers.LayerNormalization(epsilon=self.epsilon)
