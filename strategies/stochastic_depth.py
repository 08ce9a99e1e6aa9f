"""Stochastic depth: skip residual branches at random."""

from dataclasses import dataclass

from bench import Facts, Moment, Paper, Slot, Strategy, Tensor, parameter, tf
from strategies._noise import dropped


def drop_branch(shortcut: Tensor, branch: Tensor, rate: float | Tensor, key: Tensor) -> Tensor:
    """Add shortcut and branch, both [B, ...], without the branch for a share `rate` of the examples.

    Branches that stay are divided by 1 - rate, so evaluation adds them as they are.
    """
    ones = [1] * (len(branch.shape) - 1)
    return shortcut + dropped(branch, rate, key, [tf.shape(branch)[0], *ones])


@dataclass(frozen=True)
class StochasticDepth(Strategy):
    """Residual branches skipped for single examples, with a probability that grows with depth.

    A branch at depth l of L is dropped with probability l / L times `rate`. This is done per example
    and with inverse scaling in training, as libraries do it today; the paper drops per batch and scales
    in evaluation. It helps deep networks. Branches are computed all the same, so it saves no time. The
    paper's rate of .5 is for 54 branches. The networks here have a few, so the default is .2, as for
    the 12 blocks of a small Swin Transformer (2103.14030). Huang et al. 2016, equations 2 and 4.
    """

    rate: float = parameter(0.2, low=0.0, high=0.95, tune=(0.05, 0.5), doc="for the last branch")

    facts = Facts(
        name="stochastic_depth",
        family="noise in the network",
        paper=Paper(
            "Huang, Sun, Liu, Sedra, Weinberger",
            2016,
            "Deep Networks with Stochastic Depth",
            "1603.09382",
        ),
        summary="skips residual branches at random, deep ones more often",
        equation="y = x + f(x) b / (1 - p_l), b ~ Bernoulli(1 - p_l), p_l = p l / L",
        modalities=("image", "text"),
        cost="cheap",
        identity={"rate": 0.0},
        claims=(
            "CIFAR-10 error of a 110-layer residual network 5.25% instead of 6.41%",
            "allows more than 1200 layers with still lower error (4.91%)",
            "about 25% less training time where dropped branches are not computed",
        ),
    )

    def merge(self, slot: Slot, shortcut: Tensor, branch: Tensor, moment: Moment) -> Tensor:
        return drop_branch(shortcut, branch, self.rate * slot.depth, moment.key)
