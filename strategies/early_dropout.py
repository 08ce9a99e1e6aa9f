"""Early dropout: dropout that fades out in the first part of the training."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter
from strategies._noise import dropped_by_kind
from strategies._schedule import faded


@dataclass(frozen=True)
class EarlyDropout(Strategy):
    """Dropout whose rate falls linearly to 0 and stays there for most of the training.

    It is meant for networks that underfit: dropout makes the gradients of batches agree more in the
    first steps, and its absence later lets the network fit the data. Networks that overfit are better
    off with `dropout`. It acts where `dropout` does, on vectors [B, D] and sequences [B, T, D]. The
    random numbers are drawn to the end, so it costs what dropout costs. The rate and the share of the
    training, 50 of 300 epochs, are those of the authors' command for ViT-T. Liu et al. 2023, section 4.
    """

    rate: float = parameter(0.1, low=0.0, high=0.95, tune=(0.02, 0.5), doc="at the first step")
    until: float = parameter(
        1.0 / 6.0, low=0.0, high=1.0, tune=(0.05, 0.5), doc="share of the steps until it is 0"
    )

    facts = Facts(
        name="early_dropout",
        family="noise in the network",
        paper=Paper(
            "Liu, Xu, Jin, Shen, Darrell", 2023, "Dropout Reduces Underfitting", "2303.01500"
        ),
        summary="sets activations to zero at random, early in the training",
        equation="y = x m / (1 - p(t)), m ~ Bernoulli(1 - p(t)), p(t) = p max(0, 1 - t / T)",
        modalities=("image", "text"),
        cost="moderate",
        identity={"rate": 0.0},
        conflicts={
            "dropout": "both drop out the same values",
            "r_drop": "both drop out the same values; set the rates of r_drop instead",
        },
        claims=(
            "networks that underfit reach a lower training loss than without dropout",
            "ImageNet accuracy of ViT-T 74.3% instead of 73.9%; dropout to the end gives 67.9%",
        ),
    )

    def noise(self, slot: Slot, values: Tensor, moment: Moment) -> Tensor:
        rate = faded(self.rate, self.until, moment.progress)
        return dropped_by_kind(slot, values, rate, rate, moment.key)
