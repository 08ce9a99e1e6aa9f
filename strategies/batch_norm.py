"""Batch normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, parameter


@dataclass(frozen=True)
class BatchNorm(Strategy):
    """Normalization of each channel by the batch's mean and variance, then a scale and a shift.

    Images are normalized over batch, height and width, after each convolution and before the
    activation. Text is normalized over the unmasked positions of the batch. Evaluation uses moving
    averages. Their usual momentum, .99, lags on short runs; it is .9 here. Ioffe & Szegedy 2015,
    algorithm 1.
    """

    momentum: float = parameter(0.9, low=0.0, high=0.9999, doc="kept share of averages")
    epsilon: float = parameter(1e-3, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts = Facts(
        name="batch_norm",
        family="normalization",
        paper=Paper(
            "Ioffe, Szegedy",
            2015,
            "Batch Normalization: Accelerating Deep Network Training by Reducing Internal "
            "Covariate Shift",
            "1502.03167",
        ),
        summary="normalizes each channel over the batch",
        equation="y = gamma (x - mean_B) / sqrt(var_B + eps) + beta",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the batch's statistics; no setting leaves them out",
        default=True,
        claims=(
            "reaches the same accuracy in 14 times fewer steps",
            "allows much higher learning rates",
            "acts as a regularizer, in some cases in place of dropout",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        from strategies._layers import FusedBatchNormalization

        return FusedBatchNormalization(momentum=self.momentum, epsilon=self.epsilon)
