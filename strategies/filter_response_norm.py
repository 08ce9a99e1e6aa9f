"""Filter response normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, parameter


@dataclass(frozen=True)
class FilterResponseNorm(Strategy):
    """Each channel of each example divided by its root mean square over the positions.

    It is instance normalization without the mean: images over height and width, text over the unmasked
    positions. A single position would leave signs, so for texts a learned number, 1e-4 at first, is
    added to epsilon, as the paper does. Training and evaluation are alike, for every batch.
    The paper's layer ends in a learned threshold, max(y, tau), in place of the ReLU. Here the network
    keeps its activation, and max(y, tau) = ReLU(y - tau) + tau, so the shift and the next layer's bias
    can learn all but its effect at borders. `threshold` adds it before the network's own activation,
    where it also cuts branches and features that no activation follows. The paper needs a warm-up of
    the learning rate, since nothing is centered. Singh & Krishnan 2019, equations 1 to 3.
    """

    epsilon: float = parameter(1e-6, low=1e-8, high=0.1, log=True, doc="added to the mean square")
    threshold: bool = parameter(False, doc="learned lower limit of each channel, from 0")

    facts = Facts(
        name="filter_response_norm",
        family="normalization",
        paper=Paper(
            "Singh, Krishnan",
            2019,
            "Filter Response Normalization Layer: Eliminating Batch Dependence in the Training of "
            "Deep Neural Networks",
            "1911.09737",
        ),
        summary="divides each channel of each example by its root mean square",
        equation="y = gamma x / sqrt(mean_xc(x^2) + eps) + beta (then max(y, tau))",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the example's statistics; no setting leaves them out",
        claims=(
            "ImageNet accuracy .7 to 1.0 points over batch norm at large batches",
            "more than 1 point over group norm at small batches",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        from strategies._uncentered import FilterResponseNormalization

        learned = slot.kind != "map"
        return FilterResponseNormalization(self.epsilon, self.threshold, learned)
