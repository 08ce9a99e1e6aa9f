"""Sharpness-aware minimization: take the gradient where the loss nearby is worst."""

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
)
from strategies._sharpness import gradients_at_moved_weights, scale_to


@dataclass(frozen=True)
class Sam(Strategy):
    """Steps along the gradient at w + rho g / |g|, computed with the same examples and masks.

    The norm is over all weights together. Moving statistics change once, in the pass at w. The reported
    loss is that at w. It helps generalization where the network overfits. It doubles the step's cost,
    so compare it at equal time too. Foret et al. 2020, algorithm 1.
    """

    rho: float = parameter(0.05, low=0.0, high=2.0, log=True, tune=(0.01, 0.5), doc="radius")

    facts = Facts(
        name="sam",
        family="optimization",
        paper=Paper(
            "Foret, Kleiner, Mobahi, Neyshabur",
            2020,
            "Sharpness-Aware Minimization for Efficiently Improving Generalization",
            "2010.01412",
        ),
        summary="takes the gradient where the loss nearby is worst",
        equation="g' = grad L(w + rho g / |g|), g = grad L(w)",
        modalities=("image", "text"),
        cost="double",
        identity={"rho": 0.0},
        conflicts={"asam": "each of them moves the weights for a second gradient"},
        rank=60,
        claims=(
            "better generalization on CIFAR-10, CIFAR-100, ImageNet and when fine-tuning",
            "robust to wrong labels, on par with methods made for them",
        ),
    )

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        def uphill(here: list[Tensor]) -> list[Tensor]:
            scale = scale_to(self.rho, here)
            return [scale * gradient for gradient in here]

        return gradients_at_moved_weights(weights, rest, uphill)
