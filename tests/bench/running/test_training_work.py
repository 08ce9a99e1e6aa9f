"""The work of a trial, and how a worker starts TensorFlow."""

from __future__ import annotations

import subprocess
import sys
import weakref

import pytest

from bench.core.errors import BenchError
from bench.core.record import Use
from bench.running import training_work
from bench.running.training_work import TrainingWork, variable_bytes
from bench.tasks.task import Source
from tests.bench import small_arm
from tests.bench.measured import arm

CODE = """
from bench.running.training_work import start_tensorflow
start_tensorflow(1)
import tensorflow as tf
threading, rewrites = tf.config.threading, tf.config.optimizer.get_experimental_options()
assert threading.get_intra_op_parallelism_threads() == 1
assert threading.get_inter_op_parallelism_threads() == 1
cpu_only = not tf.config.list_physical_devices("GPU")
assert rewrites.get("dependency_optimization", True) is not cpu_only, rewrites
"""


def test_one_thread_and_on_a_cpu_no_rewrite_that_orders_each_tracing_anew() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_code_that_was_edited_while_the_study_ran_is_refused() -> None:
    plain = arm("mixup").model_copy(update={"strategies": (Use(name="mixup"),)})
    work = TrainingWork("study", Source("synthetic"), {}, {})
    code = work.code(plain)
    assert work.code(plain.model_copy(update={"code": code})) == code
    edited = plain.model_copy(update={"code": {**code, "strategy mixup": "older"}})
    with pytest.raises(BenchError, match="strategy mixup was edited while the study ran"):
        work.code(edited)


def test_traced_arms_make_room_by_the_size_of_their_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = TrainingWork("study", Source("synthetic"), {}, {})
    monkeypatch.setattr(work, "compile", lambda _: small_arm.arm())
    size = variable_bytes(small_arm.arm())
    assert size > 0
    monkeypatch.setattr(training_work, "TRACED_BYTES", 2 * size)
    named = [arm(name).model_copy(update={"recipe": {"n": name}}) for name in "abc"]
    first = weakref.ref(work._trainer(named[0]).arm)
    second = work._trainer(named[1])
    work._trainer(named[2])
    assert first() is None
    assert work._trainer(named[1]) is second
    monkeypatch.setattr(training_work, "TRACED_BYTES", 1)
    assert work._trainer(named[0]) is work._trainer(named[0])
