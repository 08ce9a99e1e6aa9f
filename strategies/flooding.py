"""Flooding: keep the training loss from falling below a level."""

from dataclasses import dataclass

from bench import (
    Differentiate,
    Facts,
    Gradients,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Weights,
    parameter,
    tf,
)


def direction(loss: Tensor, level: float | Tensor) -> Tensor:
    """Return the slope of |loss - level| + level: -1 below the level, else 1."""
    return tf.where(loss < level, -1.0, 1.0)


@dataclass(frozen=True)
class Flooding(Strategy):
    """The objective |L - b| + b: below the flood level b the step goes uphill.

    L is the mean loss of the batch with all terms of the objective except `l2`. Flooding the loss of
    each example is another method. The level must lie below the loss that a good network has on new
    data, and above the one that it reaches in training: if a training never reaches the level, flooding
    does nothing. Label smoothing and mixing raise the loss, so raise the level with them. The loss that
    is reported is L. It stands inside `sam`, which then climbs the flooded loss. Penalties that the
    layers of a Keras model add count as part of L. Ishida et al. 2020, equation 1; they search b from 0
    to 0.1.
    """

    level: float = parameter(0.05, low=0.0, high=1e3, log=True, tune=(0.01, 1.0), doc="b")

    facts = Facts(
        name="flooding",
        family="targets and loss",
        paper=Paper(
            "Ishida, Yamane, Sakai, Niu, Sugiyama",
            2020,
            "Do We Need Zero Training Loss After Achieving Zero Training Error?",
            "2002.08709",
        ),
        summary="keeps the training loss from falling below a level",
        equation="L' = |L - b| + b",
        modalities=("image", "text"),
        cost="cheap",
        identity={"level": 0.0},
        rank=70,
        claims=(
            "improves the accuracy on new data, and causes a second descent of the test loss",
            "works beside early stopping and weight decay",
        ),
    )

    def gradients(self, weights: Weights, moment: Moment, rest: Differentiate) -> Gradients:
        loss, values = rest()
        sign = direction(loss, self.level)
        return Gradients(loss, [sign * value for value in values])
