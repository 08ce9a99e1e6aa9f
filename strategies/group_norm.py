"""Group normalization."""

from dataclasses import dataclass

from bench import Facts, Layer, Paper, Slot, Strategy, parameter


@dataclass(frozen=True)
class GroupNorm(Strategy):
    """Normalization of each example's channels in groups, then a scale and a shift.

    Images are normalized over height, width and the channels of a group; text at each position, over
    the features of a group. One group is layer normalization, as many as channels is instance
    normalization of images. Training and evaluation are alike, for every batch. Wu & He 2018, equations
    1 to 3 and 7; 32 groups there, 8 for the narrow networks here.
    """

    groups: int = parameter(8, low=1, high=1024, doc="number; divides that of the channels")
    epsilon: float = parameter(1e-5, low=1e-8, high=0.1, log=True, doc="added to the variance")

    facts = Facts(
        name="group_norm",
        family="normalization",
        paper=Paper("Wu, He", 2018, "Group Normalization", "1803.08494"),
        summary="normalizes each example over groups of its channels",
        equation="y = gamma (x - mean_g) / sqrt(var_g + eps) + beta",
        modalities=("image", "text"),
        cost="moderate",
        identity="it has learned scales and the example's statistics; no setting leaves them out",
        claims=(
            "ImageNet error of ResNet-50 10.6 points lower than batch norm's at 2 images a batch",
            "comparable with batch norm at usual batch sizes",
            "its accuracy hardly depends on the batch size",
        ),
    )

    def normalization(self, slot: Slot) -> Layer:
        from strategies._layers import GroupedNormalization

        return GroupedNormalization(groups=self.groups, epsilon=self.epsilon)
