"""The two pictures in each mixed one, and the share of its pixels that the second one has."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Mixture(NamedTuple):
    """Partners and weights of a mixed batch, from its pixels; all arrays are [B]."""

    partners: Any
    """Number of the other picture; -1 where no other one is there, or none fits place by place."""
    weights: Any
    """Weight of the other picture: the mean over all pixels."""
    whole: Any
    """True where every pixel has the other picture in it: a blend, not a paste."""
    fits: Any
    """False where changed pixels are no mixture of two pictures, place by place."""

    def labels(self, given: Any) -> Any:
        """Return the labels [B, K] that the pixels ask for."""
        share = self.weights[:, None]
        return np.where(
            self.partners[:, None] < 0, given, (1.0 - share) * given + share * given[self.partners]
        )


def products(first: Any, second: Any) -> Any:
    """Return the products of rows [B, N] and rows [B, N], [B, B].

    BLAS takes ten times as long for them where another program keeps the cores busy: its threads wait.
    """
    return np.einsum("in,jn->ij", first, second, optimize=False)


def recover(sources: Any, mixed: Any, tolerance: float) -> Mixture:
    """Fit each mixed picture [H, W, C] by a weight of one other picture, where pixels changed.

    Over the changed pixels of picture i, with d = mixed - x_i and e_j = x_j - x_i, the partner is the j
    that leaves least of d - w e_j.

    Args:
        sources: pictures of noise [B, H, W, C].
        mixed: the same after the implementation.
        tolerance: difference of a pixel's value that is rounding.
    """
    size = len(sources)
    x = sources.astype(np.float64).reshape(size, -1)
    change = mixed.astype(np.float64) - sources.astype(np.float64)
    changed = np.abs(change).max(-1, keepdims=True) > tolerance
    here = np.broadcast_to(changed, change.shape).reshape(size, -1).astype(np.float64)
    d = change.reshape(size, -1) * here
    along = products(d, x) - (d * x).sum(1, keepdims=True)
    length = products(here, x**2) - 2.0 * products(here * x, x)
    length += (here * x**2).sum(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(length > 1e-12, along / length, 0.0)
        total = (d**2).sum(1, keepdims=True)
        left = np.where(total > 0.0, (total - weight * along) / total, 0.0)
    # One gray pixel fits every picture, by a weight of any size.
    left[(weight < -0.02) | (weight > 1.02)] = np.inf
    np.fill_diagonal(left, np.inf)
    partners = left.argmin(1)
    rows = np.arange(size)
    part = changed.reshape(size, -1).mean(1)
    faint = np.abs(change).reshape(size, -1).max(1) <= 5.0 * tolerance
    mixes = (part > 0.0) & ~faint
    fits = ~mixes | (left[rows, partners] < 0.05)
    weights = np.where(fits, weight[rows, partners] * part, part)
    return Mixture(
        np.where(mixes & fits, partners, -1), np.where(mixes, weights, 0.0), part == 1.0, fits
    )
