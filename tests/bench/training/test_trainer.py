"""One trial: the same bits after a reset, after a kill, and whatever the chunks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf

from bench.core.recipe import changed
from bench.core.strategy import Batch, Facts, Loss, LossResult, Moment, Paper, Strategy
from bench.plugins.registry import Registry, find
from bench.training import trainer
from bench.training.checkpoint import Checkpoint
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.schedule import learning_rate
from bench.training.trainer import Result, Trainer, boundaries
from tests.tiny import tiny_arm, tiny_data, tiny_recipe

REGISTRY: Registry = find()
TASK = REGISTRY.tasks["cifar10"]


def bits(result: Result) -> tuple[object, ...]:
    return (result.status, result.hashes, result.curve, result.steps, result.final)


def arm_with(changes: dict[str, object], *names: str) -> CompiledArm:
    recipe = changed(tiny_recipe(TASK), changes, TASK.facts.name)
    strategies = [REGISTRY.strategy(name)() for name in names]
    return CompiledArm(TASK, strategies, recipe, Settings(), tiny_data(TASK))


def test_a_reset_arm_repeats_itself_and_another_seed_does_not() -> None:
    trainer = Trainer(tiny_arm(TASK))
    first, other, again = trainer.run(0), trainer.run(1), trainer.run(0)
    assert bits(first) == bits(again)
    assert first.hashes.initial_weights != other.hashes.initial_weights
    assert first.hashes.batch_order != other.hashes.batch_order
    assert trainer.arm.train_steps.experimental_get_tracing_count() == 1


def test_other_streams_change_the_order_and_not_the_weights() -> None:
    trainer = Trainer(tiny_arm(TASK))
    baseline, control = trainer.run(0), trainer.run(0, streams=1)
    assert baseline.hashes.initial_weights == control.hashes.initial_weights
    assert baseline.hashes.batch_order != control.hashes.batch_order


def test_a_killed_trial_goes_on_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "STRETCH", 3)
    names = ("batch_norm", "mixup")
    arm = arm_with({"steps": 20, "evaluations": 2}, *names)
    undisturbed = Trainer(arm).run(0)

    class KilledError(Exception):
        pass

    class Kills(Checkpoint):
        def maybe_save(self, variables, best, progress):  # type: ignore[no-untyped-def]
            self.save(variables, best, progress)
            if progress.step >= 12:
                raise KilledError

    path = tmp_path / "trial.npz"
    with pytest.raises(KilledError):
        Trainer(arm).run(0, checkpoint=Kills(path, "me"))
    fresh = arm_with({"steps": 20, "evaluations": 2}, *names)
    calls: list[int] = []
    whole = fresh.train_steps
    fresh.train_steps = lambda first, count: calls.append(int(first)) or whole(first, count)  # type: ignore[func-returns-value]
    resumed = Trainer(fresh).run(0, checkpoint=Checkpoint(path, "me"))
    assert min(calls[1:]) == 12  # the first call traces
    assert bits(resumed) == bits(undisturbed)
    assert not path.exists()


@pytest.mark.parametrize("damage", ["truncated", "foreign", "garbage"])
def test_a_checkpoint_that_is_not_ours_is_ignored(tmp_path: Path, damage: str) -> None:
    arm = arm_with({"steps": 6})
    arm.reset(3)
    path = tmp_path / "trial.npz"
    Checkpoint(path, "me").save(arm.variables(), None, trainer.Progress(step=4))
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage == "garbage":
        path.write_bytes(b"no archive")
    identity = "other" if damage == "foreign" else "me"
    expected = Trainer(arm).run(0)
    assert bits(Trainer(arm).run(0, checkpoint=Checkpoint(path, identity))) == bits(expected)


@dataclass(frozen=True)
class Bomb(Strategy):
    """A strategy that turns the objective into NaN after four steps."""

    facts: ClassVar = Facts(
        "bomb", "own", Paper("me", 2026, "Bomb"), "explodes", "NaN", ("image",), "free", "none"
    )

    def loss(self, batch: Batch, moment: Moment, rest: Loss) -> LossResult:
        outcome = rest(batch)
        return outcome._replace(losses=outcome.losses * tf.where(moment.step < 4, 1.0, np.nan))


def test_divergence_is_a_result_and_stops_at_once() -> None:
    recipe = changed(tiny_recipe(TASK), {"steps": 30, "evaluations": 3}, TASK.facts.name)
    results = []
    for at_once in (True, False):
        arm = CompiledArm(TASK, [Bomb()], recipe, Settings(), tiny_data(TASK))
        arm.stops_at_once = at_once
        results.append(Trainer(arm).run(0))
    assert (results[0].status, results[0].final, results[0].steps) == ("diverged", None, 5)
    assert bits(results[0]) == bits(results[1])


def test_training_learns_and_every_batch_is_an_epochs_share() -> None:
    arm = arm_with({"steps": 90, "evaluations": 3, "learning_rate": 0.02, "widths": (16, 16)})
    result = Trainer(arm).run(0)
    losses = [point.train_loss for point in result.curve]
    assert losses[-1] is not None
    assert losses[0] is not None
    assert losses[-1] < losses[0]
    assert result.final is not None
    assert result.final.train_accuracy > 0.5


def test_an_epoch_shows_every_example_once() -> None:
    arm = tiny_arm(TASK)
    seen: list[int] = []
    step = arm.compiled_step

    def spy(rows: tf.Tensor, *rest: object) -> tf.Tensor:
        tf.py_function(lambda r: seen.extend(r.numpy().tolist()), [rows], [])
        return step(rows, *rest)

    arm.compiled_step = spy  # type: ignore[assignment]
    arm.reset(0)
    arm.train_steps(tf.constant(0), tf.constant(6))
    assert sorted(seen[:24]) == list(range(24)) == sorted(seen[24:])
    assert seen[:24] != seen[24:]


def test_global_random_states_are_untouched() -> None:
    python, numpy = random.getstate(), np.random.get_state()[1].copy()  # type: ignore[union-attr]
    Trainer(tiny_arm(TASK)).run(0)
    assert random.getstate() == python
    assert (np.random.get_state()[1] == numpy).all()  # type: ignore[index]


def test_the_schedule_rises_and_falls() -> None:
    recipe = changed(
        tiny_recipe(TASK), {"steps": 10, "warmup": 0.2, "learning_rate": 1.0}, "cifar10"
    )
    rates = [float(learning_rate(recipe, tf.constant(step))) for step in range(10)]
    falling = [0.5 * (1 + np.cos(np.pi * i / 8)) for i in range(1, 9)]
    np.testing.assert_allclose(rates, [0.5, 1.0, *falling], atol=1e-6)


def test_boundaries_hold_every_evaluation_and_a_fixed_grid() -> None:
    recipe = changed(tiny_recipe(TASK), {"steps": 600, "evaluations": 4}, "cifar10")
    assert recipe.evaluation_steps() == [150, 300, 450, 600]
    assert boundaries(recipe) == [150, 250, 300, 450, 500, 600]


def test_recalibrated_statistics_are_those_of_the_batches() -> None:
    arm = arm_with({}, "batch_norm")
    arm.reset(0)
    arm.recalibrate(1)
    state = {v.path: v.numpy() for v in arm.network.non_trainable_variables}
    rows = tf.range(arm.recipe.batch_size)
    batch = arm.batch(rows)
    before = arm.network.stem(arm.network.embed(batch.values), flow=_flow(arm))
    mean, variance = tf.nn.moments(before, [0, 1, 2])
    found = {path.rsplit("/", 1)[1]: v for path, v in state.items() if "stem_norm" in path}
    np.testing.assert_allclose(found["moving_mean"], mean, atol=1e-4)
    np.testing.assert_allclose(found["moving_variance"], variance, rtol=1e-3)


def _flow(arm: CompiledArm):  # type: ignore[no-untyped-def]
    from bench.networks.forward_pass import Pass

    return Pass(arm.strategies, None)
