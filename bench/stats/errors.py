"""Standard errors of mean differences of many arms, over trials and test examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.stats.crossed import Components, added
from bench.stats.laws import AnyLook, FixedLook, Law
from bench.stats.moderated import NONE, SHARED, Prior, correlation, moderate, prior

Array = NDArray[np.float64]
ROUNDING = 1e-12
"""Standard deviation, as a share of the largest difference, that counts as rounding noise."""


class Sample(NamedTuple):
    """The differences of one arm to its reference."""

    differences: Array
    """(trials,), in the unit of the effect."""
    parts: Components | None = None
    """Variance components of the answers (right or wrong); None if they are not recorded."""
    scale: float = 1.0
    """Factor from the unit of `parts` to that of `differences`."""


class Errors(NamedTuple):
    """Standard errors and their parts, each of shape (samples,); NaN below two trials."""

    error: Array
    """Standard error of the mean difference."""
    df: Array
    """Degrees of freedom of `error`."""
    sd: Array
    """Moderated standard deviation of the differences."""
    sd_df: Array
    """Degrees of freedom of `sd`."""
    trial_error: Array
    """The part of `error` from trials."""
    example_error: Array
    """The part from test examples that are hard or easy for all trials; 0 if not recorded."""
    residual_error: Array
    """The part of `trial_error` from sampling each trial's answers; NaN if not recorded."""
    examples: Array
    """Test examples; NaN if not recorded."""

    def at(self, trials: Array | int, df: Array) -> tuple[Array, Array]:
        """Return the variance of the mean after a number of trials, and its degrees of freedom.

        Args:
            trials: (samples,) or a number.
            df: degrees of freedom that `sd` then has.
        """
        # Without recorded examples the second part is 0, whatever its degrees of freedom.
        examples = np.where(np.isfinite(self.examples), self.examples - 1, 1.0)
        return added(self.sd**2 / trials, df, self.example_error**2, examples)

    def law(self, trials: Array, first: int | None) -> Law:
        """Return the law of the errors.

        Args:
            trials: (samples,) number of trials.
            first: trials at the first look, if there may be several looks; None for a fixed number.
        """
        if first is None:
            return FixedLook(self.df)
        start = np.minimum(first, trials)
        first_df = np.maximum(self.sd_df - (trials - start), 1.0)
        variance, df = self.at(start, first_df)
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = variance / self.error**2
        return AnyLook(self.df, df, np.where(np.isfinite(gain), np.maximum(gain, 1.0), 1.0))


class Level(NamedTuple):
    """The common level of the variances of samples."""

    prior: Prior
    relative: bool
    """True if it is the level of variances relative to the sampling of the answers."""


def common_level(samples: Sequence[Sample]) -> Level:
    """Estimate the common level of the variances of samples.

    If answers are recorded, it is the level of variances relative to the variance from sampling the
    answers alone. An arm that changes few answers varies little; relative to its answers it is like the
    others.
    """
    variances, df = _own(samples)
    residual = _residual(samples)
    active = ~np.array([_changes_nothing(sample) for sample in samples], dtype=bool)
    relative = bool(active.any() and (residual[active] > 0).all())
    lengths = Counter(len(sample.differences) for sample in samples)
    if not lengths:
        return Level(NONE, False)
    most = lengths.most_common(1)[0][0]
    same = [sample.differences for sample in samples if len(sample.differences) == most]
    correlated = correlation(np.stack(same)) if most else SHARED
    unit = np.where(active, residual, np.nan) if relative else 1.0
    return Level(prior(variances / unit, df, correlated), relative)


def errors(samples: Sequence[Sample], level: Level) -> Errors:
    """Return the standard errors of samples whose variances have a common level.

    A trial's variance is at least that from sampling its test examples. The part that this floor adds
    is known, so the degrees of freedom grow accordingly. An arm that changes no answer in any trial
    keeps its variance of 0 and does not count for other arms.

    Args:
        samples: samples of one task and metric.
        level: result of `common_level` for these samples or similar ones.
    """
    own_variances, own_df = _own(samples)
    residual = _residual(samples)
    unit = (
        np.where(residual > 0, residual, np.nan) if level.relative else np.ones(len(own_variances))
    )
    # A noisy arm changes many answers: relative to their sampling it is like the others.
    outliers = not level.relative
    variances, df = moderate(own_variances / unit, own_df, level.prior, outliers)
    variances = np.where(np.isfinite(unit), variances * unit, own_variances)
    variances = np.where([_changes_nothing(sample) for sample in samples], own_variances, variances)
    components = [sample.parts for sample in samples]
    scale = np.array([sample.scale**2 for sample in samples])
    example = scale * np.array([p.example_variance if p else 0.0 for p in components])
    lifted = np.fmax(residual - variances, 0.0)  # known: the answers are many
    variances, df = added(variances, df, lifted, np.full(len(df), np.inf))
    trials = np.array([len(sample.differences) for sample in samples], dtype=float)
    errors = Errors(
        error=variances,
        df=df,
        sd=np.sqrt(variances),
        sd_df=df,
        trial_error=np.sqrt(variances / np.maximum(trials, 1)),
        example_error=np.sqrt(example),
        residual_error=np.sqrt(residual / np.maximum(trials, 1)),
        examples=np.array([p.examples if p else np.nan for p in components], dtype=float),
    )
    variance, total_df = errors.at(np.maximum(trials, 1), df)
    return errors._replace(error=np.sqrt(variance), df=total_df)


def _residual(samples: Sequence[Sample]) -> Array:
    """Return the variance of a trial's difference from sampling its answers; NaN if not recorded."""
    return np.array(
        [s.scale**2 * s.parts.residual_variance if s.parts else np.nan for s in samples],
        dtype=float,
    )


def _changes_nothing(sample: Sample) -> bool:
    """Return true if all differences are 0 and, where recorded, all answers are equal."""
    components = sample.parts
    if sample.differences.any():
        return False
    return components is None or components.residual_variance + components.example_variance == 0


def _own(samples: Sequence[Sample]) -> tuple[Array, Array]:
    """Return the sample variances and their degrees of freedom; NaN variance below two trials."""
    variances, df = [], []
    for d in (sample.differences for sample in samples):
        size = float(np.abs(d).max(initial=0.0))
        variance = float(d.var(ddof=1)) if len(d) > 1 else np.nan
        variances.append(0.0 if variance <= (ROUNDING * size) ** 2 else variance)
        df.append(max(len(d) - 1, 1))
    return np.array(variances, dtype=float), np.array(df, dtype=float)
