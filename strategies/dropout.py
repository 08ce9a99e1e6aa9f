"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter
from strategies._noise import dropped


@dataclass(frozen=True)
class Dropout(Strategy):
    """Sets activations to zero at random in training, and scales the others up to keep the mean.

    Acts on the vector [B, D] before the classifier and, less, on sequences [B, T, D]; feature maps
    [B, H, W, C] are left alone, where neighbors carry the same information (see `spatial_dropout`).
    Helps wide networks that overfit; costs a random number for each activation, which a small
    Transformer on a CPU notices. Srivastava et al. 2014, section 4, with the inverted scaling of
    section 10.
    """

    rate: float = parameter(0.5, low=0.0, high=0.95, tune=(0.1, 0.7), doc="of vectors")
    sequence_rate: float = parameter(0.3, low=0.0, high=0.95, tune=(0.05, 0.5), doc="of sequences")

    facts: ClassVar = Facts(
        name="dropout",
        family="noise in the network",
        paper=Paper(
            "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov",
            2014,
            "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
        ),
        summary="sets activations to zero at random",
        equation="y = x m / (1 - p), m ~ Bernoulli(1 - p)",
        modalities=("image", "text"),
        cost="moderate",
        identity={"rate": 0.0, "sequence_rate": 0.0},
        claims=(
            "keeps units from co-adapting; approximates averaging many thinned networks",
            "lower test error on vision, speech, text and biology data sets",
            "training takes two to three times as long to converge",
        ),
    )

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        if slot.kind == "map":
            return values
        rate = self.rate if slot.kind == "vector" else self.sequence_rate
        return dropped(values, rate, moment.key)
