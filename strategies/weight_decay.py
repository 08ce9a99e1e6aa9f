"""Decoupled weight decay."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Strategy, Tensor, Tensors, Update, Weights, parameter


def decay(variables: Tensors, amount: float | Tensor) -> None:
    """Shrink each variable in place by a share `amount` of itself."""
    for variable in variables:
        variable.assign_sub(amount * variable)


@dataclass(frozen=True)
class WeightDecay(Strategy):
    """A shrinkage of kernels and embeddings in each step, beside the optimizer's update.

    The share is the learning rate times `rate`, as in AdamW of PyTorch and Keras. It touches no scale
    of a normalization and no bias. Unlike an L2 penalty it is not divided by Adam's estimate of the
    gradient's size. The shorter the training, the larger the best rate: the paper's best normalized
    decays, .025 and .05 over the root of the number of steps, are rates of .25 to 1 in the recipes
    `quick` and `standard`. The .05 that is usual for long trainings would shrink the weights there by
    2% to 6%. Loshchilov & Hutter 2017, algorithm 2 and appendix B.1.
    """

    rate: float = parameter(0.5, low=0.0, high=10.0, log=True, tune=(5e-3, 2.0), doc="lambda")

    facts = Facts(
        name="weight_decay",
        family="weights",
        paper=Paper(
            "Loshchilov, Hutter", 2017, "Decoupled Weight Decay Regularization", "1711.05101"
        ),
        summary="shrinks kernels and embeddings in each step, apart from the gradient",
        equation="w <- w - eta lambda w, then the optimizer's update",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        rank=30,
        claims=(
            "Adam generalizes substantially better with it than with an L2 penalty",
            "the best decay depends less on the learning rate than the best L2 penalty does",
        ),
    )

    def update(
        self, weights: Weights, gradients: Tensors, state: Tensors, moment: Moment, rest: Update
    ) -> None:
        kernels = [w for w, yes in zip(weights.trainable, weights.decayed, strict=True) if yes]
        decay(kernels, moment.learning_rate * self.rate)
        rest(gradients)
