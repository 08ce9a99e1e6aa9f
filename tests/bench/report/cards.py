"""Cards of the six strategies of `study_factory.SIX`."""

from __future__ import annotations

from bench.report.card import Card

CARDS = {
    name: Card(name, family, paper, arxiv, summary=summary, cost=cost)
    for name, family, paper, arxiv, summary, cost in (
        ("batch_norm", "normalization", "Ioffe, Szegedy 2015", "1502.03167", "batch", "moderate"),
        ("layer_norm", "normalization", "Ba 2016", "1607.06450", "an example", "moderate"),
        ("instance_norm", "normalization", "Ulyanov 2016", "1607.08022", "per channel", "moderate"),
        ("mixup", "mixing", "Zhang 2017", "1710.09412", "blends two examples", "cheap"),
        ("cutmix", "mixing", "Yun 2019", "1905.04899", "pastes a rectangle", "cheap"),
        ("label_smoothing", "targets", "Szegedy 2015", "1512.00567", "softens the targets", "free"),
    )
}
