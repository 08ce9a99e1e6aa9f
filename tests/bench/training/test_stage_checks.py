"""A faulty stage is refused when it is traced, in one line with its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import tensorflow as tf

from bench import Batch, Facts, Gradients, Moment, Paper, Slot, Strategy, UsageError
from bench.core.strategy import check_stages
from bench.plugins.registry import find
from bench.training.compiled_arm import CompiledArm, Settings
from tests.tiny import tiny_arm, trace

TASKS = find().tasks


def plugin(**stages: Callable[..., Any]) -> type[Strategy]:
    """Make a strategy with some methods."""
    facts = Facts(
        "mine", "own", Paper("me", 2026, "Mine"), "does a thing", "x", ("image", "text"), "cheap",
        "none",
    )  # fmt: skip
    return dataclass(frozen=True)(type("Mine", (Strategy,), {"facts": facts, **stages}))


def arm_of(task: str = "cifar10", **stages: Callable[..., Any]) -> CompiledArm:
    return tiny_arm(TASKS[task], [plugin(**stages)()])


def half(batch: Batch) -> Batch:
    few = batch.targets.shape[0] // 2
    mask = None if batch.mask is None else batch.mask[:few]
    return Batch(batch.values[:few], mask, batch.targets[:few])


def stops(self: Any, batch: Batch, moment: Moment, rest: Any) -> Any:
    result = rest(batch)
    return result._replace(losses=tf.stop_gradient(result.losses))


WRONG: dict[str, tuple[str, dict[str, Callable[..., Any]], str]] = {
    "half of the examples": (
        "cifar10", {"examples": lambda self, batch, moment: half(batch)},
        r"mine.examples returns values float32 \(4, 8, 8, 3\) for float32 \(8, 8, 8, 3\)",
    ),
    "half of the features": (
        "imdb", {"features": lambda self, batch, moment: half(batch)}, "mine.features returns values",
    ),
    "half of each image": (
        "cifar10",
        {"features": lambda self, batch, moment: batch._replace(values=batch.values[:, :4])},
        "mine.features returns values",
    ),
    "no mask": (
        "imdb", {"features": lambda self, batch, moment: batch._replace(mask=None)},
        "mine.features returns mask NoneType",
    ),
    "a mask of floats": (
        "imdb",
        {"examples": lambda self, batch, moment: batch._replace(
            mask=tf.cast(batch.mask, tf.float32)
        )},
        "mine.examples returns mask float32",
    ),
    "a mask for images": (
        "cifar10",
        {"examples": lambda self, batch, moment: batch._replace(mask=batch.targets > 0)},
        "returns a mask for a batch without one",
    ),
    "class numbers": (
        "cifar10",
        {"examples": lambda self, batch, moment: batch._replace(
            targets=tf.argmax(batch.targets, -1)
        )},
        "mine.examples returns targets int64",
    ),
    "float64": (
        "cifar10",
        {"examples": lambda self, batch, moment: batch._replace(
            values=tf.cast(batch.values, tf.float64)
        )},
        "mine.examples returns values float64",
    ),
    "nothing": (
        "cifar10", {"features": lambda self, batch, moment: None}, "mine.features returns NoneType",
    ),
    "embeddings of half the width": (
        "imdb", {"embedded": lambda self, ids, embeddings, moment: embeddings[..., :4]},
        "mine.embedded returns",
    ),
    "no noise": (
        "cifar10", {"noise": lambda self, slot, values, moment: None}, "mine.noise returns NoneType",
    ),
    "a sum over the branch": (
        "cifar10",
        {"merge": lambda self, slot, shortcut, branch, moment: tf.reduce_sum(branch)},
        "mine.merge returns",
    ),
    "a kernel of one channel": (
        "cifar10", {"kernel": lambda self, slot, kernel, state, moment: kernel[..., :1]},
        "mine.kernel returns",
    ),
    "a hidden half": (
        "cifar10", {"hidden": lambda self, slot, batch, moment: half(batch)}, "mine.hidden returns",
    ),
    "one loss": (
        "cifar10",
        {"loss": lambda self, batch, moment, rest: rest(batch)._replace(losses=tf.constant(1.0))},
        r"mine.loss returns losses float32 \(\) for float32 \(8,\)",
    ),
    "losses alone": (
        "cifar10", {"loss": lambda self, batch, moment, rest: rest(batch).losses},
        "must return a LossResult",
    ),
    "a loss without gradient": ("cifar10", {"loss": stops}, "the objective does not depend on"),
    "no gradient of one weight": (
        "cifar10",
        {"gradients": lambda self, weights, moment, rest: Gradients(
            0.0, [None, *rest().values[1:]]
        )},
        "mine.gradients returns 13 gradients for 14 weights",
    ),
    "a pair of gradients": (
        "cifar10", {"gradients": lambda self, weights, moment, rest: (0.0, rest().values)},
        "must return Gradients",
    ),
}  # fmt: skip
"""Fault -> task, the strategy's stage, and the message."""


@pytest.mark.parametrize("fault", WRONG)
def test_a_stage_with_a_fault_is_refused_in_one_line(fault: str) -> None:
    task, stages, told = WRONG[fault]
    with pytest.raises(UsageError, match=told) as caught:
        trace(arm_of(task, **stages))
    assert "\n" not in str(caught.value)


def test_a_shape_that_is_not_known_when_traced_is_checked_when_run() -> None:
    def unknown(self: Any, batch: Batch, moment: Moment) -> Batch:
        some = tf.boolean_mask(batch.values, tf.range(8) < 4 + moment.step)
        return batch._replace(values=some)

    with pytest.raises(tf.errors.InvalidArgumentError, match="shape"):
        trace(arm_of(features=unknown))


def test_half_precision_passes_where_the_network_computes_in_it() -> None:
    def noise(self: Any, slot: Slot, values: tf.Tensor, moment: Moment) -> tf.Tensor:
        return values * tf.cast(0.5, values.dtype)

    arm = tiny_arm(TASKS["cifar10"], [plugin(noise=noise)()], Settings("mixed_bfloat16"))
    assert len(trace(arm).losses) == 4


# Methods that look like stages -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("feature", "features"), ("example", "examples"), ("gradient", "gradients"),
        ("embed", "embedded"), ("hiden", "hidden"), ("updates", "update"), ("evaluate", "evaluated"),
        ("normalisation", "normalization"),
    ],
)  # fmt: skip
def test_a_misspelled_stage_is_named(name: str, stage: str) -> None:
    kind = plugin(**{name: lambda self, batch, moment: batch})
    with pytest.raises(UsageError, match=f"mine has a method '{name}'.*'{stage}'"):
        check_stages(kind)


def test_helpers_fields_and_stages_are_no_misspelled_stages() -> None:
    @dataclass(frozen=True)
    class Plenty(Strategy):
        facts: ClassVar = plugin().facts
        losses: float = 1.0

        def features(self, batch: Batch, moment: Moment) -> Batch:
            return batch

        def shares(self) -> None: ...
        def mixed(self) -> None: ...
        def _feature(self) -> None: ...

    check_stages(Plenty)


def test_a_plugin_with_a_misspelled_stage_does_not_load(tmp_path: Any) -> None:
    path = tmp_path / "typo.py"
    path.write_text(
        "from dataclasses import dataclass\n"
        "from bench import Facts, Paper, Strategy\n"
        "@dataclass(frozen=True)\n"
        "class Typo(Strategy):\n"
        "    facts = Facts('typo', 'own', Paper('me', 2026, 't'), 's', 'e', ('image',), 'cheap', 'no')\n"
        "    def feature(self, batch, moment): return batch\n"
    )
    with pytest.raises(UsageError, match="rename it to 'features'"):
        find((path,))
