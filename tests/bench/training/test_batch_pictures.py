"""The images that `bench pictures` draws are those that a strategy's stages make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cli.main import app
from bench.core.errors import UsageError
from bench.core.strategy import Strategy
from bench.plugins.registry import find
from bench.report.plots.batch import shares
from bench.training.batch_pictures import Pictured, pictured
from tests.tiny import split, tiny_recipe

TASK = find().task("cifar10")
FEW = split(TASK, 6, seed=3)


def drawn(*strategies: Strategy) -> dict[str, Pictured]:
    return {p.name: p for p in pictured(TASK, tiny_recipe(TASK), FEW, strategies)}


def strategy(name: str, **parameters: float) -> Strategy:
    return find().strategy(name)(**parameters)


def test_the_first_row_is_the_images_as_they_are() -> None:
    np.testing.assert_allclose(drawn()[""].images, FEW.values / 255.0, atol=1e-6)


def test_a_strategy_at_its_identity_changes_no_pixel_and_no_label() -> None:
    rows = drawn(strategy("mixup", prob=0.0), strategy("cutout", size=0))
    for name in ("mixup", "cutout"):
        np.testing.assert_allclose(rows[name].images, rows[""].images, atol=1e-6)
        np.testing.assert_array_equal(rows[name].targets, rows[""].targets)


def test_mixed_images_are_the_blends_that_their_labels_say() -> None:
    rows = drawn(strategy("mixup", alpha=1.0))
    original, mixed = rows[""], rows["mixup"]
    assert (mixed.targets.max(axis=1) < 0.99).any()
    # six images of six classes: a label's share tells the image's
    blended = np.einsum("nk,khwc->nhwc", mixed.targets[:, :6], original.images)
    np.testing.assert_allclose(mixed.images, blended, atol=1e-5)


def test_what_changes_no_batch_is_left_out() -> None:
    assert list(drawn(strategy("label_smoothing"), strategy("cutout"))) == ["", "cutout"]


def test_shares_of_labels_in_words() -> None:
    assert shares(np.eye(10)[3]) == "3"
    mixed = np.zeros(10)
    mixed[[7, 2]] = 0.62, 0.38
    assert shares(mixed) == "7 62% + 2 38%"


def test_the_command_writes_a_picture_and_refuses_text(tmp_path: Path) -> None:
    typed = ["pictures", "--output", str(tmp_path), "--strategies", "mixup,cutout"]
    done = CliRunner().invoke(app, typed)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "batch-cifar10.png").stat().st_size > 10_000
    for more, told in (("imdb", "only images"), ("cifar10", "changes a batch")):
        refused = CliRunner().invoke(app, [*typed[:-1], "dropout", "--task", more])
        assert isinstance(refused.exception, UsageError)
        assert told in str(refused.exception)


def test_no_picture_depends_on_the_other_strategies() -> None:
    alone, together = drawn(strategy("cutmix")), drawn(strategy("mixup"), strategy("cutmix"))
    np.testing.assert_array_equal(alone["cutmix"].images, together["cutmix"].images)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_gives_its_own_picture(seed: int) -> None:
    once, other = (pictured(TASK, tiny_recipe(TASK), FEW, [strategy("cutmix")], s) for s in (0, 1))
    again = pictured(TASK, tiny_recipe(TASK), FEW, [strategy("cutmix")], seed)
    np.testing.assert_array_equal(again[1].images, (once, other)[seed][1].images)
    assert not np.array_equal(once[1].images, other[1].images)
