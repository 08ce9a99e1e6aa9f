"""Max-norm constraint on incoming weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter, tf
from strategies._weights import acted_share, count, counters, kernels, norms


def within_norm(kernel: Tensor, limit: float | Tensor, axes: Sequence[int]) -> Tensor:
    """Scale the weights into each unit of a kernel to a norm of at most `limit`.

    Weights within the limit do not change in any bit.
    """
    return kernel * tf.minimum(1.0, limit / norms(kernel, axes))


@dataclass(frozen=True)
class MaxNorm(Strategy):
    """A limit on the norm of the weights into every unit, restored after each update.

    It acts on the kernels of layers. It does not touch biases, nor embeddings, whose columns are not
    weights into a unit. It keeps weights small under high learning rates without pulling on them. The
    paper's limits of 3 to 4 are never reached in the short trainings here, whose largest norms are 1.8
    to 2.8. So the limit is 1.5, just above the root of 2, the mean norm that He's initialization gives.
    A record says in which share of the steps it acted. Srivastava et al. 2014, section 5.1 and appendix
    A.3.
    """

    limit: float = parameter(1.5, low=1e-3, high=1e9, log=True, tune=(0.5, 4.0), doc="largest")

    facts = Facts(
        name="max_norm",
        family="weights",
        paper=Paper(
            "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov",
            2014,
            "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
        ),
        summary="limits the norm of the weights into each unit",
        equation="w <- w min(1, c / |w|) for the weights w into a unit",
        modalities=("image", "text"),
        cost="cheap",
        identity={"limit": 1e9},
        rank=20,
        claims=(
            "with dropout, high learning rates and momentum better than dropout alone",
            "helps stochastic gradient descent even without dropout",
        ),
    )

    def state(self, weights: Weights) -> list[Any]:
        return counters()

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        rest(gradients)
        largest = []
        for kernel, axes in kernels(weights):
            largest.append(tf.reduce_max(norms(kernel, axes)))
            kernel.assign(within_norm(kernel, self.limit, axes))
        count(state, tf.reduce_max(largest) > self.limit)

    def measured(self, state: Tensors) -> dict[str, float]:
        return acted_share(state)
