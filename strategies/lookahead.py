"""Lookahead: slow weights that follow the optimizer's."""

from dataclasses import dataclass
from typing import Any

from bench import (
    Facts,
    Moment,
    Paper,
    Strategy,
    Tensor,
    Tensors,
    Update,
    Weights,
    fused,
    parameter,
    tf,
)


def synchronized(
    slow: Tensors, fast: Tensors, alpha: Tensor, syncs: Tensor
) -> list[tuple[Tensor, Tensor]]:
    """Return each pair moved to the point at share `alpha` of the way, if `syncs`; else as it is."""
    pairs = zip(slow, fast, strict=True)
    moved = [((1.0 - alpha) * a + alpha * b, a, b) for a, b in pairs]
    return [(tf.where(syncs, c, a), tf.where(syncs, c, b)) for c, a, b in moved]


@dataclass(frozen=True)
class Lookahead(Strategy):
    """Slow weights that move toward the trained ones after every `period` steps and replace them.

    The optimizer keeps its momentum. The slow weights are evaluated. It costs a copy of the weights.
    Zhang et al. 2019, algorithm 1.
    """

    alpha: float = parameter(
        0.5, low=0.0, high=1.0, tune=(0.2, 0.9), doc="step of the slow weights"
    )
    period: int = parameter(5, low=1, high=1000, tune=(5, 20), doc="steps between two of them")

    facts = Facts(
        name="lookahead",
        family="optimization",
        paper=Paper(
            "Zhang, Lucas, Hinton, Ba",
            2019,
            "Lookahead Optimizer: k steps forward, 1 step back",
            "1907.08610",
        ),
        summary="pulls the weights back toward a slow copy after every few steps",
        equation="s <- s + alpha (w - s), w <- s after every k steps; evaluated: s",
        modalities=("image", "text"),
        cost="cheap",
        identity={"alpha": 1.0, "period": 1},
        conflicts={
            "ema": "each of them evaluates its own average of the weights",
            "swa": "each of them evaluates its own average of the weights",
        },
        rank=20,
        claims=(
            "improves SGD and Adam, even with their default settings",
            "lowers the variance of the inner optimizer at negligible cost",
        ),
    )

    def state(self, weights: Weights) -> list[Any]:
        return [tf.Variable(w, trainable=False) for w in weights.trainable]

    def update(
        self, weights: Weights, gradients: Any, state: Any, moment: Moment, rest: Update
    ) -> None:
        rest(gradients)
        done = tf.cast(moment.step + 1, tf.float32)
        period = tf.cast(self.period, tf.float32)
        syncs = tf.equal(done % period, 0.0)
        pairs = fused(synchronized, state, weights.trainable, self.alpha, syncs)
        for slow, fast, (new_slow, new_fast) in zip(state, weights.trainable, pairs, strict=True):
            slow.assign(new_slow)
            fast.assign(new_fast)

    def evaluated(self, weights: Weights, state: Any) -> list[Tensor]:
        return [tf.identity(slow) for slow in state]
