"""Exponential moving average of the weights."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Tensor, parameter, tf
from strategies._averages import AveragedWeights


@dataclass(frozen=True)
class EMA(AveragedWeights):
    """An exponential moving average of the weights, for evaluation only; training stays as it is.

    The average is corrected for its start at zero. With `ramp`, step t (from 0) keeps at most (1 + t) /
    (10 + t), as TensorFlow's `num_updates` does, so that the average spans about the last tenth of the
    training, however short that is. In trainings of fewer than 9,000 steps `decay` .999 is never
    reached; set `ramp` to false to choose the span by `decay`. Moving statistics are estimated again
    for the average. Polyak & Juditsky 1992; exponential form and .999 as in Tarvainen & Valpola 2017
    (1703.01780).
    """

    decay: float = parameter(0.999, low=0.0, high=0.99999, tune=(0.9, 0.99), doc="kept share")
    ramp: bool = parameter(True, doc="keep less in the first steps")

    facts = Facts(
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

    def shares(self, moment: Moment) -> tuple[Tensor, Tensor]:
        step = tf.cast(moment.step, tf.float32)
        most = (1.0 + step) / (10.0 + step) if self.ramp else 1.0
        decay = tf.minimum(self.decay, most)
        return decay, 1.0 - decay
