"""Internal covariate shift: its measurement, which does not change the training."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy import stats

from bench.analysis.covariate_shift import summary
from bench.core.errors import UsageError
from bench.core.recipe import changed
from bench.plugins.registry import find
from bench.running import training_work
from bench.running.observations import FILE, observe
from bench.running.plan import plan
from bench.running.request import Request
from bench.storage import machine_lock
from bench.storage.folder_lock import only_writer
from bench.tasks.task import Source
from bench.training.compiled_arm import CompiledArm, Settings
from bench.training.covariate_shift import ObservedPass, Observer, distance, distribution
from bench.training.trainer import Result, Trainer
from tests.tiny import tiny_data, tiny_recipe

RANDOM = np.random.default_rng(5)


def arm(task: str, *names: str) -> CompiledArm:
    known = find().task(task)
    recipe = changed(tiny_recipe(known), {"steps": 8, "evaluations": 4}, task)
    made = [find().strategy(name)() for name in names]
    return CompiledArm(known, made, recipe, Settings(), tiny_data(known))


def test_the_distance_is_that_of_wasserstein_in_deviations() -> None:
    before = RANDOM.normal(0, 2, (4_000, 3)).astype(np.float32)
    after = before * 1.5 + 1
    inner = slice(200, -200)  # the quantiles leave out 5% at both ends
    exact = np.mean(
        [
            stats.wasserstein_distance(np.sort(a)[inner], np.sort(b)[inner])
            for a, b in zip(before.T, after.T, strict=True)
        ]
    )
    found = distance(distribution(before), distribution(after))
    assert found == pytest.approx(exact / 2, rel=0.05)
    assert distance(distribution(before), distribution(before)) == 0


def test_channels_count_by_their_variance() -> None:
    """Deviations of 1 and 7 have a root mean square of 5."""
    values = np.resize([[-1.0, -7.0], [1.0, 7.0]], (100, 2))
    assert distribution(values).deviation == pytest.approx(5.0)
    assert distance(distribution(values), distribution(values + 2)) == pytest.approx(0.4)


@pytest.mark.parametrize("task", ["cifar10", "imdb"])
def test_watching_a_trial_changes_none_of_its_bits(task: str) -> None:
    watched, plain = Observer(arm(task, "batch_norm")), Trainer(arm(task, "batch_norm"))
    mine, theirs = watched.run(0), plain.run(0)
    assert (mine.final, mine.curve, mine.hashes) == (theirs.final, theirs.curve, theirs.hashes)
    steps = sorted({shift.step for shift in watched.shifts})
    assert steps == [4, 6, 8]
    assert all(shift.shift > 0 for shift in watched.shifts)
    assert watched.traces() == 1


def test_what_is_seen_is_normalized_where_the_arm_normalizes() -> None:
    for names, normalized in (((), False), (("batch_norm",), True)):
        made = arm("cifar10", *names)
        made.reset(0)
        batch = made.batch(tf.range(16))
        watch = ObservedPass(made, batch.mask)
        made.network(made.network.embed(batch.values * 3), flow=watch)
        deviations = [float(np.std(seen, axis=0).mean()) for seen in watch.seen]
        assert len(deviations) > 2
        assert np.allclose(deviations, 1, atol=0.05) == normalized


def test_padding_is_not_seen() -> None:
    made = arm("imdb")
    batch = made.batch(tf.range(4))
    watch = ObservedPass(made, batch.mask)
    made.network(made.network.embed(batch.values), flow=watch)
    assert watch.seen[0].shape[0] == int(tf.reduce_sum(tf.cast(batch.mask, tf.int32)))


def test_planted_shifts_are_found_paired_by_seed() -> None:
    rows = [
        ("images", name, seed, step, 0, base * (1 + seed) * noise, "tfds:images:1.0.0", "r")
        for name, base in (("baseline", 0.2), ("norm", 0.05))
        for seed in range(4)
        for step, noise in ((2, 0.9), (4, 1.1))
    ]
    found = summary(pd.DataFrame(rows, columns=pd.Index(
        ["task", "arm", "seed", "step", "slot", "shift", "data", "recipe"]
    ))).set_index("arm")  # fmt: skip
    assert found.loc["norm", "ratio"] == pytest.approx(0.25)
    assert found.loc["norm", "low"] == pytest.approx(0.25)
    assert found.loc["norm", "shift"] == pytest.approx(0.05 * 2.5)


def test_what_was_observed_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request("smoke", ("cifar10",), ("layer_norm",), seeds=1)
    request = request._replace(settings={"recipe.steps": "4", "recipe.train_examples": "64"})
    source = Source("synthetic")
    study = plan(request, find(), source).study
    monkeypatch.setattr(
        training_work, "start_tensorflow", lambda _: None
    )  # this process has started it
    machine = tmp_path / "machine"
    machine.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(machine))
    waiting, run = [], Observer.run

    def watched(observer: Observer, seed: int) -> Result:
        with open(machine / machine_lock.FILE) as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        waiting.append(seed)
        return run(observer, seed)

    monkeypatch.setattr(Observer, "run", watched)
    first = observe(study, source, (), tmp_path)
    assert waiting == [0, 0], "step times wait"
    assert set(first["arm"]) == {"baseline", "layer_norm"}
    monkeypatch.setattr(Observer, "run", None)
    again = observe(study, source, (), tmp_path)
    pd.testing.assert_frame_equal(first, again)
    with only_writer(tmp_path), pytest.raises(UsageError, match="another --output"):
        observe(study, source, (), tmp_path)
    (tmp_path / FILE).write_text("nonsense\n")
    with pytest.raises(Exception, match="no table of observations"):
        observe(study, source, (), tmp_path)


@pytest.mark.slow
def test_the_command_writes_a_table_and_a_plot_and_goes_on(tmp_path: Path) -> None:
    typed = "shift --profile smoke --tasks imdb --strategies batch_norm --data synthetic --output"
    call = [sys.executable, "-m", "bench.cli.main", *typed.split(), str(tmp_path)]
    done = subprocess.run([*call, "--seeds", "1"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2/2 imdb batch_norm seed 0" in done.stderr
    done = subprocess.run([*call, "--seeds", "2"], capture_output=True, text=True, check=False)
    assert "seed 0" not in done.stderr
    assert pd.read_csv(tmp_path / "tables" / "shift.csv")["n"].tolist() == [2, 2]
    assert "SYNTHETIC" in (tmp_path / "plots" / "shift-imdb.svg").read_text()
