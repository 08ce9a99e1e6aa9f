"""Dropout."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter
from strategies._noise import dropped_by_kind


@dataclass(frozen=True)
class Dropout(Strategy):
    """Activations set to zero at random in training, the others scaled up to keep the mean.

    It acts on the vector [B, D] before the classifier and, at a lower rate, on sequences [B, T, D]. It
    leaves feature maps [B, H, W, C] alone, where neighbors carry the same information (see
    `spatial_dropout`). It helps wide networks that overfit. It costs a random number for each
    activation, which shows in the step of a small Transformer on a CPU. Srivastava et al. 2014, section
    4, with the inverted scaling of section 10.
    """

    rate: float = parameter(0.5, low=0.0, high=0.95, tune=(0.1, 0.7), doc="for vectors")
    sequence_rate: float = parameter(0.3, low=0.0, high=0.95, tune=(0.05, 0.5), doc="for sequences")

    facts = Facts(
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
        conflicts={"r_drop": "both drop out the same values; set the rates of r_drop instead"},
        claims=(
            "keeps units from co-adapting; approximates averaging many thinned networks",
            "lower test error on vision, speech, text and biology data sets",
            "training takes two to three times as long to converge",
        ),
    )

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        return dropped_by_kind(slot, values, self.rate, self.sequence_rate, moment.key)
