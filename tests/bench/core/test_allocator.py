"""A worker keeps what it freed, and takes it again without a page fault."""

from __future__ import annotations

import pickle
import platform
import subprocess
import sys

import pytest

from bench.running.executors import worker

CODE = """
import ctypes, resource, sys, threading
from bench.core.allocator import keep_freed_memory

assert keep_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def step():
    for megabytes in (40, 28, 3):
        place = libc.malloc(megabytes << 20)
        libc.memset(place, 1, megabytes << 20)
        libc.free(place)

def steps():
    step()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        step()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

thread = threading.Thread(target=steps)  # other threads have arenas of their own by default
thread.start()
thread.join()
"""


KEPT = """
import numpy
from bench.core.allocator import keep_freed_memory
from bench.timing.resident_memory import peak_resident_mb, reset_peak_resident

assert keep_freed_memory()
large = [numpy.ones(1 << 18) for _ in range(100)]  # 2 MB each
large.clear()
reset_peak_resident()
before = peak_resident_mb()
some = [numpy.ones(1 << 18) for _ in range(20)]
print(peak_resident_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_large_arrays_of_a_step_cost_no_page_faults_after_the_first() -> None:
    told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 100, "the ten steps have 181,760 pages of 4 KiB"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_peak_of_memory_is_that_of_what_is_in_use() -> None:
    """Without the reset's trim the 20 arrays would lie in the room of the 100, and add nothing."""
    told = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, check=True)
    assert 30 < float(told.stdout) < 60


def test_a_worker_gives_back_what_an_assignment_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of 220 arms held 12 GB that none of them needed any more."""
    given_back = []
    monkeypatch.setattr(worker, "give_back_freed_memory", lambda: given_back.append(True))
    work = worker.LoadedWork(pickle.dumps(print))
    assert not work("not a trial").model
    assert given_back == [True]
