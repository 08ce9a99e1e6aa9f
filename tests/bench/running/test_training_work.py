"""How a worker starts TensorFlow."""

from __future__ import annotations

import subprocess
import sys

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
