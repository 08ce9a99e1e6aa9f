"""Gradient noise: add noise to the gradient that fades over the training."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter, tf
from strategies._random import keys, normal


def deviation(step: Tensor, eta: float | Tensor, gamma: float | Tensor) -> Tensor:
    """Return the standard deviation at a step from 0, sqrt(eta / (1 + t)^gamma)."""
    return tf.sqrt(eta / (1.0 + tf.cast(step, tf.float32)) ** gamma)


@dataclass(frozen=True)
class GradientNoise(Strategy):
    """Normal noise on the gradient of every weight, with a variance of eta / (1 + t)^gamma.

    The noise has a size of its own, whatever that of the gradient: with N weights its norm is sqrt(N
    eta) at the start. The paper takes the best of .01, .3 and 1 for eta. The default is the smallest,
    and still has a norm of 28 for the 78,000 weights of the image network, whose gradients have norms
    of 1 to 3: tune it downward. It comes after clipping, which would otherwise limit the norm of the
    noise. It costs 5% of a step in small networks, and as much as a whole step where large embeddings
    meet a fast network (the text recipe `strong`). Neelakantan et al. 2015, section 2.
    """

    eta: float = parameter(0.01, low=0.0, high=10.0, log=True, tune=(1e-8, 0.01), doc="variance")
    gamma: float = parameter(0.55, low=0.0, high=2.0, doc="how fast the noise fades")

    facts = Facts(
        name="gradient_noise",
        family="optimization",
        paper=Paper(
            "Neelakantan, Vilnis, Le, Sutskever, Kaiser, Kurach, Martens",
            2015,
            "Adding Gradient Noise Improves Learning for Very Deep Networks",
            "1511.06807",
        ),
        summary="adds noise to the gradient that fades over the training",
        equation="g <- g + N(0, eta / (1 + t)^gamma)",
        modalities=("image", "text"),
        cost="moderate",
        identity={"eta": 0.0},
        rank=15,
        claims=(
            "avoids overfitting and can lower the training loss too",
            "a fully connected network of 20 layers trains even from a poor initialization",
        ),
    )

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        size = deviation(moment.step, self.eta, self.gamma)
        pairs = zip(gradients, keys(moment.key, len(gradients)), strict=True)
        rest([gradient + size * normal(key, gradient.shape) for gradient, key in pairs])
