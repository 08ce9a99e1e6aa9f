"""Instance normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import Facts, Paper, Slot, Strategy, keras, parameter


@dataclass(frozen=True)
class InstanceNorm(Strategy):
    """Normalizes each channel of each example over its positions, then scales and shifts.

    Images: over height and width, which takes the contrast out of every channel. Text: over the
    unmasked positions of the sequence; on a single position it would leave zeros. The same in
    training and evaluation. Ulyanov et al. 2016.
    """

    epsilon: float = parameter(1e-3, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts: ClassVar = Facts(
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

    def normalization(self, slot: Slot) -> keras.layers.Layer:
        if slot.kind == "map":
            return keras.layers.GroupNormalization(groups=-1, epsilon=self.epsilon)
        from strategies._sequence_norm import SequenceNormalization

        return SequenceNormalization(epsilon=self.epsilon)
