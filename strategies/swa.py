"""Stochastic weight averaging."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Schedule, Tensor, parameter, tf
from strategies._averages import AveragedWeights


@dataclass(frozen=True)
class SWA(AveragedWeights):
    """The mean of the weights over the last quarter of the training, at a constant learning rate.

    Every step after `start` counts equally. The rate stays at the recipe's value at `start`, like the
    paper's constant rate: under a rate that falls to zero there would be little to average. Moving
    statistics are estimated again for the mean (section 3.2). Before `start` the trained weights are
    evaluated. Izmailov et al. 2018, algorithm 1.
    """

    start: float = parameter(0.75, low=0.0, high=1.0, tune=(0.5, 0.9), doc="share of the steps")

    facts = Facts(
        name="swa",
        family="optimization",
        paper=Paper(
            "Izmailov, Podoprikhin, Garipov, Vetrov, Wilson",
            2018,
            "Averaging Weights Leads to Wider Optima and Better Generalization",
            "1803.05407",
        ),
        summary="evaluates the mean of the weights over the last quarter of the steps",
        equation="a <- (a n + w) / (n + 1) in each step after the start, at a constant rate",
        modalities=("image", "text"),
        cost="cheap",
        identity={"start": 1.0},
        conflicts={"ema": "each of them evaluates its own average of the weights"},
        rank=10,
        claims=(
            "flatter solutions than stochastic gradient descent's",
            "higher test accuracy of residual networks on CIFAR-10, CIFAR-100 and ImageNet",
            "almost no computational overhead",
        ),
    )

    def schedule(self, step: Tensor, steps: int, rest: Schedule) -> Tensor:
        return rest(tf.minimum(step, tf.cast(self.start * steps, tf.int32)))

    def shares(self, moment: Moment) -> tuple[float, Tensor]:
        return 1.0, tf.cast(moment.progress >= self.start, tf.float32)
