"""Cards of the six strategies of `study_factory.SIX`."""

from __future__ import annotations

from bench.report.card import Card

CARDS = {
    name: Card(name, family, paper, arxiv, summary=summary)
    for name, family, paper, arxiv, summary in (
        ("batch_norm", "normalization", "Ioffe, Szegedy 2015", "1502.03167", "over the batch"),
        ("layer_norm", "normalization", "Ba 2016", "1607.06450", "over an example's features"),
        ("instance_norm", "normalization", "Ulyanov 2016", "1607.08022", "per channel"),
        ("mixup", "mixing", "Zhang 2017", "1710.09412", "blends two examples"),
        ("cutmix", "mixing", "Yun 2019", "1905.04899", "pastes a rectangle"),
        ("label_smoothing", "targets", "Szegedy 2015", "1512.00567", "softens the targets"),
    )
}
