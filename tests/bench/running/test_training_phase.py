"""A study from plan to records, with made-up trials."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.core.errors import UsageError
from bench.core.record import Record
from bench.core.study import Study, Trial
from bench.running import training_phase
from bench.running.collect import TrainingWatch
from bench.running.workers import TrainingOptions, Workers
from bench.storage.store import Store
from bench.tasks.task import Source
from tests.bench.analysis import studies
from tests.bench.running.executors.serial import SerialExecutor

ARMS = [studies.arm("baseline"), studies.arm("strong"), studies.arm("weak")]
NOISE = np.random.default_rng(1).normal(0, 0.02, 50)


class MadeUp:
    """A work whose records show one strategy that adds 20 points, and one that adds only noise."""

    def __call__(self, trial: Trial) -> Record:
        wiggle = float(NOISE[trial.seed])
        accuracy = {"baseline": 0.5, "strong": 0.7 + wiggle / 10, "weak": 0.5 + wiggle}
        return studies.record(trial.arm, trial.seed, accuracy[trial.arm.name])


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> TrainingOptions:
    monkeypatch.setattr(training_phase, "TrainingWork", lambda **_: MadeUp())
    monkeypatch.setattr(Workers, "executor", lambda *_: SerialExecutor())
    return TrainingOptions(Source("tfds"))


@contextlib.contextmanager
def silent(total: int) -> Iterator[TrainingWatch]:
    yield TrainingWatch()


def planned(**changes: object) -> tuple[Study, tuple[tuple[str, str], ...]]:
    family = (("images", "strong"), ("images", "weak"))
    return studies.study(ARMS, **{"seeds": 3, "family": family, **changes}), family  # type: ignore[arg-type]


def test_only_undecided_arms_and_their_baseline_get_more_seeds(
    tmp_path: Path, options: TrainingOptions
) -> None:
    study, _ = planned(sequential=True)
    store = Store(tmp_path / "test")
    store.write_study(study)
    trained = training_phase.train(study, store, options, silent)
    seeds = Counter(record.arm for record in store.records().records)
    assert seeds == {"strong": 6, "weak": 24, "baseline": 24}
    assert trained.written == 54
    assert training_phase.train(study, store, options, silent).written == 0


def test_a_study_without_the_rule_trains_its_seeds_and_no_more(
    tmp_path: Path, options: TrainingOptions
) -> None:
    study, _ = planned()
    store = Store(tmp_path / "test")
    store.write_study(study)
    assert training_phase.train(study, store, options, silent).written == 9
    again = training_phase.train(study, store, options, silent)
    assert (again.written, again.there) == (0, 9)


def test_arms_that_are_one_training_are_trained_once(
    tmp_path: Path, options: TrainingOptions
) -> None:
    """The tuned setting of `strong` is its default. A control has other streams."""
    strong = studies.arm("strong")
    tuned = strong.model_copy(update={"name": "strong[tuned]", "reference": "weak"})
    control = strong.model_copy(update={"name": "weak", "streams": 1})
    study = studies.study([ARMS[0], strong, tuned, control], seeds=3)
    started: list[str] = []

    class Watch(TrainingWatch):
        def started(self, trial: Trial) -> None:
            started.append(trial.arm.name)

    @contextlib.contextmanager
    def watching(_: object) -> Iterator[TrainingWatch]:
        yield Watch()

    store = Store(tmp_path / "test")
    store.write_study(study)
    assert training_phase.train(study, store, options, watching).written == 12
    assert Counter(started) == {"baseline": 3, "strong": 3, "weak": 3}
    records = {(r.arm, r.seed): r for r in store.records().records}
    for seed in range(3):
        copied, trained = records["strong[tuned]", seed], records["strong", seed]
        assert copied.facts == {"trained_as": "strong"}
        assert copied.model_copy(update={"arm": "strong", "facts": {}}) == trained


def test_a_training_of_an_interrupted_run_is_not_repeated_for_another_arm(
    tmp_path: Path, options: TrainingOptions
) -> None:
    tuned = studies.arm("strong").model_copy(update={"name": "strong[tuned]"})
    study = studies.study([*ARMS, tuned], seeds=1)
    store = Store(tmp_path / "test")
    store.write_study(study)
    store.write(studies.record(studies.arm("strong"), 0, 0.123))
    training_phase.train(study, store, options, silent)
    [copied] = [r for r in store.records().records if r.arm == "strong[tuned]"]
    assert copied.final is not None
    assert copied.final.test_accuracy == 0.123


def test_a_sequential_report_judges_at_a_quarter_of_alpha(
    tmp_path: Path, options: TrainingOptions
) -> None:
    from bench.report.report import write_report

    widths = {}
    for sequential in (False, True):
        study, _ = planned(sequential=sequential, seeds=6)
        store = Store(tmp_path / str(sequential))
        store.write_study(study)
        training_phase.train(study.model_copy(update={"sequential": False}), store, options, silent)
        paths = write_report(study, store.records().records, [], store.folder, {})
        effects = paths.analysis.effects
        row = effects[(effects["arm"] == "weak") & (effects["metric"] == "test_accuracy")].iloc[0]
        widths[sequential] = row["high"] - row["low"]
    assert widths[True] > 1.2 * widths[False]


def test_step_ratios_are_medians_over_processes(tmp_path: Path) -> None:
    store = Store(tmp_path / "test")
    study, _ = planned()
    store.write_study(study)
    for process, ratio in enumerate((1.1, 1.5, 1.2)):
        store.write(studies.step_time("strong", process, ratio))
    assert training_phase.step_ratios(store) == {("images", "strong"): pytest.approx(1.2)}


def test_expected_time_comes_from_the_records_there_are(tmp_path: Path) -> None:
    study, _ = planned()
    store = Store(tmp_path / "test")
    store.write_study(study)
    assert training_phase.expected_seconds(store, study.trials()) is None
    store.write(MadeUp()(study.trials()[0]))
    assert training_phase.expected_seconds(store, study.trials()) == pytest.approx(9 * 2.5)


def test_threads_differ_by_no_arm(tmp_path: Path) -> None:
    store = Store(tmp_path / "test")
    trials = [
        Trial(arm=arm.model_copy(update={"recipe": {**arm.recipe, "threads": threads}}), seed=0)
        for threads, arm in enumerate(ARMS, start=1)
    ]
    with pytest.raises(UsageError, match="one number for all arms"), Workers() as made:
        made.executor(TrainingOptions(Source()), store, trials)
