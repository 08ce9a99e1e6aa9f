"""The order in which workers take trials."""

from __future__ import annotations

from bench.running.executors.queue import AssignmentQueue
from tests.bench.measured import study


def take(queue: AssignmentQueue, worker: str) -> tuple[str, int]:
    trial = queue.take(worker)
    assert trial is not None
    return trial.arm.name, trial.seed


def test_one_worker_keeps_the_order() -> None:
    trials = study(["a", "b", "c"], seeds=3).trials()
    queue = AssignmentQueue(trials)
    assert [queue.take("w") for _ in trials] == trials
    assert queue.take("w") is None


def test_workers_meet_their_arms_again() -> None:
    queue = AssignmentQueue(study(["a", "b", "c", "d"], seeds=2).trials())
    first = [take(queue, worker) for worker in "1212"]
    assert first == [("a", 0), ("b", 0), ("c", 0), ("d", 0)]
    assert [take(queue, worker) for worker in "2121"] == [("b", 1), ("a", 1), ("d", 1), ("c", 1)]


def test_a_worker_goes_one_seed_ahead_before_it_steals() -> None:
    queue = AssignmentQueue(study(["a", "b"], seeds=4).trials())
    assert [take(queue, worker) for worker in "12"] == [("a", 0), ("b", 0)]
    assert take(queue, "2") == ("b", 1)
    assert take(queue, "2") == ("b", 2)
    assert take(queue, "2") == ("a", 1), "seed 3 is two ahead: better trace the arm"


def test_an_idle_worker_steals() -> None:
    queue = AssignmentQueue(study(["a"], seeds=2).trials())
    assert take(queue, "1") == ("a", 0)
    assert take(queue, "2") == ("a", 1)


def test_a_replaced_worker_owns_nothing() -> None:
    queue = AssignmentQueue(study(["a", "b"], seeds=3).trials())
    assert [take(queue, worker) for worker in "12"] == [("a", 0), ("b", 0)]
    queue.forget("1")
    assert take(queue, "2") == ("b", 1)
    assert take(queue, "2") == ("a", 1), "before its own arm of the next seed"


def test_what_is_put_back_is_next() -> None:
    trials = study(["a", "b"], seeds=1).trials()
    queue = AssignmentQueue(trials)
    taken = queue.take("1")
    assert taken is not None
    queue.put_back(taken)
    queue.forget("1")
    assert queue.take("2") == trials[0]
    assert len(queue) == 1
