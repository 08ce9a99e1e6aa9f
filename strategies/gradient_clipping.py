"""Gradient clipping by the global norm."""

from dataclasses import dataclass

from bench import (
    Differentiate,
    Facts,
    Gradients,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Tensors,
    Weights,
    parameter,
    tf,
)


def clip(gradients: Tensors, limit: float | Tensor) -> list[Tensor]:
    """Scale gradients together so that the norm of all of them is at most `limit`.

    Gradients within the limit stay as they are, bit for bit.
    """
    scale = tf.minimum(1.0, limit / tf.linalg.global_norm(gradients))
    return [gradient * scale for gradient in gradients]


@dataclass(frozen=True)
class GradientClipping(Strategy):
    """All gradients scaled down together where their common norm is above `norm`.

    It keeps single steps from throwing recurrent networks far off; the direction stays. Under Adam it
    acts only where norms differ from step to step. Pascanu et al. 2013, algorithm 1.
    """

    norm: float = parameter(1.0, low=1e-3, high=1e9, log=True, tune=(0.05, 5.0), doc="upper limit")

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

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        loss, values = rest()
        return Gradients(loss, clip(values, self.norm))
