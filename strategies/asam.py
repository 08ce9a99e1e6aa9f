"""Adaptive sharpness-aware minimization: SAM in a neighborhood that scales with each weight."""

from dataclasses import dataclass

from bench import (
    Differentiate,
    Facts,
    Gradients,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Weights,
    parameter,
    tf,
)
from strategies._sharpness import gradients_at_moved_weights, scale_to


@dataclass(frozen=True)
class Asam(Strategy):
    """Steps along the gradient at w + rho T^2 g / |T g|, where T is |w| + eta for each weight.

    SAM's sharpness changes when a layer's weights are scaled up and the next layer's down, which leaves
    the network as it is; this one does not. Biases and the parameters of normalizations have T = 1. The
    authors' code scales the gains of normalizations too, which are near 1. Passes, statistics and the
    reported loss are as in `sam`, and so is the cost. Kwon et al. 2021, algorithm 1; rho for CIFAR-10.
    """

    rho: float = parameter(0.5, low=0.0, high=20.0, log=True, tune=(0.05, 5.0), doc="radius")
    eta: float = parameter(0.01, low=0.0, high=1.0, doc="least scale of a weight")

    facts = Facts(
        name="asam",
        family="optimization",
        paper=Paper(
            "Kwon, Kim, Park, Choi",
            2021,
            "ASAM: Adaptive Sharpness-Aware Minimization for Scale-Invariant Learning of Deep "
            "Neural Networks",
            "2102.11600",
        ),
        summary="takes the gradient where the loss nearby, relative to the weights, is worst",
        equation="g' = grad L(w + rho T^2 g / |T g|), g = grad L(w), T = |w| + eta",
        modalities=("image", "text"),
        cost="double",
        identity={"rho": 0.0},
        rank=60,
        claims=(
            "its sharpness correlates more with generalization than that of SAM",
            "better than SAM on CIFAR-10, CIFAR-100, ImageNet and in machine translation",
        ),
    )

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        scales = [
            tf.abs(weight) + self.eta if scaled else tf.ones_like(weight)
            for weight, scaled in zip(weights.trainable, weights.decayed, strict=True)
        ]

        def uphill(here: list[Tensor]) -> list[Tensor]:
            relative = [t * gradient for t, gradient in zip(scales, here, strict=True)]
            factor = scale_to(self.rho, relative)
            return [factor * (t * value) for t, value in zip(scales, relative, strict=True)]

        return gradients_at_moved_weights(weights, rest, uphill)
