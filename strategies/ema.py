"""Exponential moving average of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bench import Facts, Moment, Paper, Strategy, Tensor, Update, Weights, parameter, tf


def average_in(averages: Sequence[Any], total: Any, values: Sequence[Any], decay: Tensor) -> None:
    """Moves averages that began at 0 toward values, in place, and `total`, the weight they hold.

    Args:
        averages: variables, one a value.
        total: scalar variable; averages / total are unbiased from the first step on.
        values: tensors or variables.
        decay: what the averages keep of themselves.
    """
    total.assign(decay * total + (1.0 - decay))
    for average, value in zip(averages, values, strict=True):
        average.assign(decay * average + (1.0 - decay) * value)


@dataclass(frozen=True)
class EMA(Strategy):
    """Evaluates an exponential moving average of the weights; training itself is untouched.

    The average is corrected for its start at zero. With `ramp`, step t (from 0) keeps at most
    (1 + t) / (10 + t), so that a short run does not average over its first steps (as TensorFlow's
    `num_updates`). Moving statistics are estimated anew for the average. Costs a pass over the
    weights and a copy of them. Polyak & Juditsky 1992; exponential form as in Tarvainen & Valpola
    2017 (1703.01780).
    """

    decay: float = parameter(0.999, low=0.0, high=0.99999, tune=(0.9, 0.9999), doc="a step")
    ramp: bool = parameter(True, doc="keep less in the first steps")

    facts: ClassVar = Facts(
        name="ema",
        family="optimization",
        paper=Paper(
            "Polyak, Juditsky", 1992, "Acceleration of Stochastic Approximation by Averaging"
        ),
        summary="evaluates a moving average of the weights",
        equation="a_t = d a_(t-1) + (1 - d) w_t, evaluated: a_t / (1 - prod d)",
        modalities=("image", "text"),
        cost="cheap",
        identity={"decay": 0.0},
        conflicts={"swa": "each of them evaluates its own average of the weights"},
        rank=10,
        claims=(
            "averaged iterates converge at the best asymptotic rate",
            "less noise in the evaluated weights without a smaller learning rate",
        ),
    )

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
        step = tf.cast(moment.step, tf.float32)
        most = (1.0 + step) / (10.0 + step) if self.ramp else 1.0
        average_in(state[1:], state[0], weights.trainable, tf.minimum(self.decay, most))

    def evaluated(self, weights: Weights, state: Sequence[Any]) -> list[Tensor]:
        return [average / state[0] for average in state[1:]]
