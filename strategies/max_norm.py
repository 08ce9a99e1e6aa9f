"""Max-norm constraint on incoming weights."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter, tf


def within_norm(kernel: Tensor, limit: float | Tensor) -> Tensor:
    """Scale the weights into each output unit of a kernel [..., in, out] to a norm <= `limit`.

    Weights that are within the limit stay as they are, bit for bit.
    """
    axes = list(range(len(kernel.shape) - 1))
    norm = tf.sqrt(tf.reduce_sum(tf.square(kernel), axes, keepdims=True))
    return kernel * tf.minimum(1.0, limit / norm)


@dataclass(frozen=True)
class MaxNorm(Strategy):
    """A limit on the norm of the weights into every unit, restored after each update.

    It acts on kernels of dense, convolutional and recurrent layers. It leaves biases alone, and
    embeddings, whose columns are no weights into a unit. It keeps weights small under high learning
    rates without pulling on them. Srivastava et al. 2014, section 5.1 (norms of 3 to 4).
    """

    limit: float = parameter(3.0, low=1e-3, high=1e9, log=True, tune=(0.5, 4.0), doc="largest")

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

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        rest(gradients)
        for weight, kernel, table in zip(
            weights.trainable, weights.decayed, weights.tables, strict=True
        ):
            if kernel and not table:
                weight.assign(within_norm(weight, self.limit))
