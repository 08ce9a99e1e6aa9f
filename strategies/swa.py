"""Stochastic weight averaging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bench import Facts, Moment, Paper, Schedule, Strategy, Tensor, Update, Weights, parameter, tf


def average_in(averages: Sequence[Any], count: Any, values: Sequence[Any], use: Tensor) -> None:
    """Takes values into their plain averages, in place, where the boolean scalar `use` is true.

    Args:
        averages: variables, one a value.
        count: float scalar variable, how many each of them holds.
        values: tensors or variables.
        use: whether to take them in.
    """
    count.assign_add(tf.cast(use, tf.float32))
    share = tf.where(use, 1.0 / tf.maximum(count, 1.0), 0.0)
    for average, value in zip(averages, values, strict=True):
        average.assign_add(share * (value - average))


@dataclass(frozen=True)
class SWA(Strategy):
    """Holds the learning rate in the last quarter of the training and evaluates the mean weights.

    Every step after `start` counts alike. The rate stays what the recipe has at `start`, as the
    paper's constant one: under a rate that falls to zero there would be little to average. Moving
    statistics are estimated anew for the mean (section 3.2). Before `start` the trained weights are
    evaluated. Costs a pass over the weights and a copy of them. Izmailov et al. 2018, algorithm 1.
    """

    start: float = parameter(0.75, low=0.0, high=1.0, tune=(0.5, 0.9), doc="share of the steps")

    facts: ClassVar = Facts(
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

    def state(self, weights: Weights) -> list[Any]:
        zeros = [tf.Variable(tf.zeros(w.shape), trainable=False) for w in weights.trainable]
        return [tf.Variable(0.0, trainable=False), *zeros]

    def update(
        self,
        weights: Weights,
        gradients: Sequence[Any],
        state: Sequence[Any],
        moment: Moment,
        rest: Update,
    ) -> None:
        rest(gradients)
        average_in(state[1:], state[0], weights.trainable, moment.progress >= self.start)

    def evaluated(self, weights: Weights, state: Sequence[Any]) -> list[Tensor]:
        begun = state[0] > 0.0
        pairs = zip(state[1:], weights.trainable, strict=True)
        return [tf.where(begun, average, weight) for average, weight in pairs]
