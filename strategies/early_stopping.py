"""Early stopping on the validation split."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench import Evaluation, Facts, Paper, StoppingDecision, Strategy, parameter


def verdict(scores: Sequence[float], patience: int) -> StoppingDecision:
    """Keep the last state if its score (more is better) is above all earlier ones; stop or go on.

    It stops once `patience` evaluations in a row brought no new best. NaN is worse than any number.
    """
    numbers = [-math.inf if math.isnan(score) else score for score in scores]
    best = numbers.index(max(numbers))
    late = len(numbers) - 1 - best
    return StoppingDecision(keep=late == 0, stop=late >= patience)


@dataclass(frozen=True)
class EarlyStopping(Strategy):
    """The weights with the best validation score; training stops when it no longer improves.

    It needs no change of the network, so a technique should beat it. It uses the validation split,
    never the test split, and saves time where it stops. Under a learning rate that falls to zero the
    last steps are often the best ones, and stopping loses them. `patience` counts evaluations without a
    new best, as in Keras and in Goodfellow et al. 2016, algorithm 7.1. Prechelt's third criterion
    differs: it stops when the error rose in s successive strips, even if it is still below its start.
    Prechelt 1998.
    """

    patience: int = parameter(5, low=1, high=1000, tune=(2, 10), doc="evaluations without a better")
    monitor: str = parameter("accuracy", choices=("accuracy", "nll"), doc="on the validation split")

    facts = Facts(
        name="early_stopping",
        family="honest rival",
        paper=Paper("Prechelt", 1998, "Early Stopping - But When?"),
        summary="keeps the weights with the best validation score",
        equation="w = w_t at the best validation score until `patience` evaluations without a better",
        modalities=("image", "text"),
        cost="free",
        identity="it keeps the best state of the curve, however patient it is",
        claims=(
            "slower criteria generalize slightly better and take much longer (4% and a factor of 4)",
        ),
    )

    def stopping(self, curve: Sequence[Evaluation]) -> StoppingDecision:
        if self.monitor == "accuracy":
            return verdict([point.validation_accuracy for point in curve], self.patience)
        losses = [point.validation_nll for point in curve]
        return verdict([math.nan if v is None else -v for v in losses], self.patience)
