"""The recipe of the pictures of a task."""

from __future__ import annotations

from bench.cli.pictures import small_recipe
from bench.plugins.registry import find


def test_a_task_without_the_smallest_profile_is_drawn_with_its_first() -> None:
    task = find().task("cifar10")
    assert small_recipe(task) == task.profiles["smoke"]
    quick = {"quick": task.profiles["quick"], "full": task.profiles["full"]}
    own = type("Mine", (type(task),), {"profiles": quick})()
    assert small_recipe(own) == task.profiles["quick"]
