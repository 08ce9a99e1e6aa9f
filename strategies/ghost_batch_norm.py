"""Ghost batch normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, parameter


@dataclass(frozen=True)
class GhostBatchNorm(Strategy):
    """Batch normalization by the statistics of ghost batches, small parts of a batch.

    So a large batch keeps the noise of a small one. The moving averages take in one ghost batch after
    another; evaluation uses them. Text is normalized over the unmasked positions of a ghost batch. With
    a `size` of the whole batch it is batch normalization. A size that does not divide the batch gives
    fewer, larger ghost batches, as in the authors' code. Hoffer et al. 2017, algorithm 1, whose ghost
    batches have 128 of 4096 examples.
    """

    size: int = parameter(32, low=2, high=4096, log=True, doc="examples in a ghost batch")
    momentum: float = parameter(0.9, low=0.0, high=0.9999, doc="kept share of averages")
    epsilon: float = parameter(1e-3, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts = Facts(
        name="ghost_batch_norm",
        family="normalization",
        paper=Paper(
            "Hoffer, Hubara, Soudry",
            2017,
            "Train longer, generalize better: closing the generalization gap in large batch "
            "training of neural networks",
            "1705.08741",
        ),
        summary="normalizes each channel over small parts of the batch",
        equation="y = gamma (x - mean_G) / sqrt(var_G + eps) + beta, G a part of the batch",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the batch's statistics; no setting leaves them out",
        claims=(
            "much of the generalization gap of large batches closes without more updates",
            "with longer training too, no gap is left",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        from strategies._layers import GhostBatchNormalization

        return GhostBatchNormalization(self.size, self.momentum, self.epsilon)
