"""A strategy that can be made slower: label smoothing with a needless matrix product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.core.lazy import tf
from bench.core.strategy import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy, parameter

SIDE = 0
"""Side of the product's result; the slower copy of this file has another number here."""


@dataclass(frozen=True)
class Planted(Strategy):
    """Label smoothing at 0.1, slower by a product of SIDE x batch and batch x SIDE numbers."""

    smoothing: float = parameter(0.1, low=0.0, high=0.9, doc="s, the share")

    facts: ClassVar = Facts(
        name="planted",
        family="test",
        paper=Paper("nobody", 2026, "Planted", "0000.00000"),
        summary="does what label smoothing does, slower where it was made so",
        equation="as label smoothing",
        modalities=("image",),
        cost="free",
        identity={"smoothing": 0.0},
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        count = batch.targets.shape[-1]
        targets = batch.targets * (1.0 - self.smoothing) + self.smoothing / count
        outcome = rest(batch._replace(targets=targets))
        if not SIDE:
            return outcome
        columns = tf.reshape(batch.values, [tf.shape(batch.values)[0], -1])[:, :SIDE]
        wasted = tf.reduce_mean(tf.linalg.matmul(columns, columns, transpose_a=True))
        return outcome._replace(losses=outcome.losses + 1e-30 * wasted)
