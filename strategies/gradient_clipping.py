"""Gradient clipping by the global norm."""

from dataclasses import dataclass
from typing import Any

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter, tf
from strategies._weights import acted_share, count, counters


def clip(gradients: Tensors, norm: Tensor, limit: float | Tensor) -> list[Tensor]:
    """Scale gradients together so that their common norm, which is `norm`, is at most `limit`.

    Gradients within the limit do not change in any bit.
    """
    scale = tf.minimum(1.0, limit / norm)
    return [gradient * scale for gradient in gradients]


@dataclass(frozen=True)
class GradientClipping(Strategy):
    """All gradients scaled down together where their common norm is above `norm`.

    It keeps single steps from throwing recurrent networks far off; the direction stays. Under Adam it
    acts only where norms differ from step to step: a limit below them all changes next to nothing. The
    paper advises half to ten times the average norm (section 3.2). The averages here are 1.0 to 3.0, so
    the default of 5 acts in some 4% of the steps, 20% for a Transformer; 1 would act in 25% to 100%. A
    record says in which share of the steps it acted. Pascanu et al. 2013, algorithm 1.
    """

    norm: float = parameter(5.0, low=1e-3, high=1e9, log=True, tune=(0.5, 20.0), doc="upper limit")

    facts = Facts(
        name="gradient_clipping",
        family="optimization",
        paper=Paper(
            "Pascanu, Mikolov, Bengio",
            2013,
            "On the difficulty of training Recurrent Neural Networks",
            "1211.5063",
        ),
        summary="limits the norm of the gradient",
        equation="g <- g min(1, c / |g|)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"norm": 1e9},
        rank=10,
        claims=("deals with the exploding gradients of recurrent networks",),
    )

    def state(self, weights: Weights) -> list[Any]:
        return counters()

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        norm = tf.linalg.global_norm(gradients)
        count(state, norm > self.norm)
        rest(clip(gradients, norm, self.norm))

    def measured(self, state: Tensors) -> dict[str, float]:
        return acted_share(state)
