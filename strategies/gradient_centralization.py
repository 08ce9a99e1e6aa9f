"""Gradient centralization: subtract the mean from the gradient of each unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter, tf
from strategies._weights import are_kernels, inputs


def centralized(gradient: Tensor, share: float | Tensor, axes: Sequence[int]) -> Tensor:
    """Subtract a share of the mean over the inputs of a unit, which lie along `axes`."""
    return gradient - share * tf.reduce_mean(gradient, list(axes), keepdims=True)


@dataclass(frozen=True)
class GradientCentralization(Strategy):
    """Gradients of kernels with mean 0 over the inputs of each unit.

    So the mean of the weights into a unit keeps its initial value under SGD. Adam divides each weight's
    gradient by its own size, which loosens that. It acts on the kernels of convolutions, of dense and
    of recurrent layers, including the last layer. It does not touch biases, scales, and embeddings,
    which the paper does not have. It stands right before the optimizer, as in the paper: clipping and
    noise come first, momentum afterwards. The paper subtracts the whole mean; `share` 0 switches the
    technique off. Yong et al. 2020, equation 1.
    """

    share: float = parameter(1.0, low=0.0, high=1.0, doc="part of the mean that is taken out")

    facts = Facts(
        name="gradient_centralization",
        family="optimization",
        paper=Paper(
            "Yong, Huang, Hua, Zhang",
            2020,
            "Gradient Centralization: A New Optimization Technique for Deep Neural Networks",
            "2004.01461",
        ),
        summary="takes the mean out of the gradient of each unit",
        equation="g_i <- g_i - mean(g_i) for the weights into each unit i",
        modalities=("image", "text"),
        cost="cheap",
        identity={"share": 0.0},
        rank=18,
        claims=(
            "trains faster and generalizes better, with one line of code",
            "works for image classification, detection, segmentation and in fine-tuning",
        ),
    )

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        each = zip(gradients, are_kernels(weights), inputs(weights), strict=True)
        rest([
            centralized(gradient, self.share, axes) if is_kernel else gradient
            for gradient, is_kernel, axes in each
        ])  # fmt: skip
