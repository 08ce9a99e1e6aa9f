"""A real Ray cluster of several nodes, one of which is killed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bench.core.errors import BenchError, UsageError
from bench.core.record import Record
from bench.running.executors.ray import RayExecutor
from tests.bench.measured import Measure, Misbehave, plenty, record, study, take_until

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Start a head without processors, and two nodes with one each."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_both_nodes_are_used(cluster: Any) -> None:
    take_until(2, RayExecutor(address=cluster.address).run(plenty(), Misbehave(seconds=0.3)))


@pytest.mark.parametrize("graceful", [True, False])
def test_a_lost_node_costs_nothing(cluster: Any, graceful: bool) -> None:
    trials = study(["baseline", "mixup"], seeds=12).trials()
    begun: list[str] = []
    executor = RayExecutor(address=cluster.address)
    running = executor.run(trials, Misbehave(seconds=0.7), lambda trial: begun.append(trial.name))
    outcomes = take_until(2, running)
    cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=graceful)
    cluster.add_node(num_cpus=1)
    outcomes += running
    assert sorted(o.assignment.name for o in outcomes) == sorted(t.name for t in trials)
    assert [o.failure for o in outcomes] == [None] * len(trials)
    assert all(without_facts(o.record) == record(o.assignment) for o in outcomes)
    assert len(begun) > len(trials), "what the node was running began again"


def without_facts(measured: Record | None) -> Record:
    assert measured is not None
    return measured.model_copy(update={"facts": {}})


def test_the_cluster_grows(cluster: Any) -> None:
    outcomes = RayExecutor(address=cluster.address).run(plenty(), Misbehave(seconds=0.3))
    take_until(2, outcomes)
    cluster.add_node(num_cpus=1)
    take_until(3, outcomes)


def test_a_share_that_no_node_has_is_a_usage_error(cluster: Any) -> None:
    trials = study().trials()
    with pytest.raises(UsageError, match=r"0\.25 GPU"):
        next(RayExecutor(address=cluster.address, gpus_per_trial=0.25).run(trials, Measure()))


def test_workers_that_do_not_start_end_the_study(
    cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the suite is not installed on the nodes."""
    monkeypatch.setattr("bench.running.executors.actor.Worker", NotInstalled)
    executor = RayExecutor(address=cluster.address, jobs=1)
    with pytest.raises(BenchError, match="do not start on the Ray cluster"):
        list(executor.run(study().trials(), Measure()))


class NotInstalled:
    def __init__(self, work: bytes) -> None:
        raise ModuleNotFoundError("No module named 'bench'")

    def node(self) -> str:
        return ""


def test_no_cluster_at_the_address_is_a_usage_error() -> None:
    executor = RayExecutor(address="auto")
    with pytest.raises(UsageError, match="no Ray cluster answers at auto") as error:
        next(executor.run(study().trials(), Measure()))
    assert "\n" not in str(error.value)


def test_fresh_processes(cluster: Any) -> None:
    trials = study(["baseline"], seeds=3).trials()
    executor = RayExecutor(address=cluster.address, jobs=1, fresh=True)
    outcomes = list(executor.run(trials, Misbehave()))
    assert len({o.record.facts["pid"] for o in outcomes if o.record}) == 3


def test_workers_get_the_environment(cluster: Any) -> None:
    executor = RayExecutor(address=cluster.address, environment={"BENCH_TEST_GIVEN": "7"})
    (outcome,) = executor.run(study(["baseline"], seeds=1).trials(), Misbehave())
    assert outcome.record is not None
    assert outcome.record.facts["given"] == "7"
