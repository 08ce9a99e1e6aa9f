"""A study's records as history lines: what a later comparison needs of each arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

import numpy as np

from bench.analysis.frames import roots
from bench.core.canonical import canonical_hash
from bench.core.metric import compared_metrics
from bench.core.record import Record, StepTime
from bench.core.study import Arm, Study
from bench.storage.history import Line, ProcessResult, SeedResult


def condensed(
    study: Study,
    records: Sequence[Record],
    step_times: Sequence[StepTime],
    failed: Iterable[tuple[str, str]] = (),
) -> list[Line]:
    """A line per arm that has been trained or timed, in the study's order.

    Of step times measured in several places (device, machine), those of the most frequent one.

    Args:
        failed: (task, arm) of each trial that ended without a record.
    """
    lost, places = Counter(failed), Counter((s.device, s.machine) for s in step_times)
    place = max(places, key=lambda key: (places[key], key), default=("", ""))
    here = [s for s in step_times if (s.device, s.machine) == place]
    processes = _processes(study, here)
    lines = []
    for arm in study.arms:
        trained = [r for r in records if (r.task, r.arm) == (arm.task, arm.name)]
        timed = processes.get((arm.task, arm.name), [])
        if trained or timed:
            times = [s for s in here if (s.task, s.arm) == (arm.task, arm.name)]
            line = _line(study, arm, trained, times)
            speed = {"device": place[0], "machine": place[1]} if timed else {}
            lines.append(
                line.model_copy(
                    update={
                        **speed,
                        "processes": tuple(timed),
                        "failed": lost[arm.task, arm.name],
                    }
                )
            )
    return lines


def _line(study: Study, arm: Arm, trained: Sequence[Record], timed: Sequence[StepTime]) -> Line:
    measured: list[Any] = [*trained, *timed]
    settings = next((m.settings for m in measured), study.settings)
    hashes = sorted({record.hashes.data for record in trained})
    return Line(
        study=study.name,
        created=study.created,
        task=arm.task,
        arm=arm.name,
        reference=arm.reference,
        strategies=" + ".join(
            use.name + "".join(f"[{k}={v}]" for k, v in sorted(use.parameters.items()))
            for use in arm.strategies
        ),
        data=study.data[arm.task],
        data_hash=canonical_hash({"arrays": hashes}) if hashes else "",
        synthetic=study.synthetic,
        recipe=arm.recipe,
        settings=settings,
        software=_software(study, measured),
        seeds=tuple(_seed(record) for record in sorted(trained, key=lambda r: r.seed)),
    )


def _software(study: Study, measured: Sequence[Any]) -> dict[str, str]:
    versions: dict[str, set[str]] = {}
    for one in (*(m.environment for m in measured), *(() if measured else (study.environment,))):
        for package, version in one.get("software", {}).items():
            versions.setdefault(package, set()).add(version)
    return {package: "/".join(sorted(found)) for package, found in sorted(versions.items())}


def _seed(record: Record) -> SeedResult:
    measured = {
        compared.field: metric.value(record)
        for metric, compared in compared_metrics()
        if metric.of is not None
    }
    accuracy, area = measured.pop("accuracy"), measured.pop("area")
    assert accuracy is not None
    start = canonical_hash(
        {"weights": record.hashes.initial_weights, "order": record.hashes.batch_order}
    )
    return SeedResult(
        seed=record.seed,
        accuracy=accuracy,
        area=None if area is None else round(area, 6),
        start=start[:8],
        scores={name: value for name, value in measured.items() if value is not None},
    )


def _processes(
    study: Study, step_times: Sequence[StepTime]
) -> dict[tuple[str, str], list[ProcessResult]]:
    """(task, arm) -> a result per process.

    A reference's step is the median of what its arms' processes measured of it. Ratios lead along
    the chain of references to the task's baseline; where a link was not timed there is none.
    """
    own = {(s.task, s.arm, s.process): s for s in step_times}
    beside: dict[tuple[str, str, int], list[StepTime]] = {}
    for timed in step_times:
        beside.setdefault((timed.task, timed.reference, timed.process), []).append(timed)
    base, found = roots(study), dict[tuple[str, str], list[ProcessResult]]()
    for task, arm, process in sorted(own.keys() | beside.keys()):
        if (task, arm) not in base:
            continue
        ratio = _ratio(own, task, arm, process, base[task, arm])
        if ratio is not None:
            key = (task, arm, process)
            result = _measured(own.get(key), beside.get(key, []), process, ratio)
            found.setdefault((task, arm), []).append(result)
    return found


def _ratio(
    own: dict[tuple[str, str, int], StepTime], task: str, arm: str, process: int, root: str
) -> float | None:
    ratio = 1.0
    while arm != root:
        timed = own.get((task, arm, process))
        if timed is None:
            return None
        ratio *= float(np.median(np.array(timed.arm_ms) / np.array(timed.reference_ms)))
        arm = timed.reference
    return ratio


def _measured(
    own: StepTime | None, beside: Sequence[StepTime], process: int, ratio: float
) -> ProcessResult:
    if own is not None:
        ms, memory = median(own.arm_ms), own.peak_memory_mb
    else:
        ms = median(median(timed.reference_ms) for timed in beside)
        memory = next((timed.reference_peak_memory_mb for timed in beside), None)
    rates = [t.matrix_flops_per_second for t in ([own] if own else beside)]
    rate = next((r for r in rates if r), None)
    return ProcessResult(
        process=process,
        ratio=round(ratio, 6),
        ms=round(ms, 6),
        memory_mb=None if memory is None else round(memory, 3),
        matrix_rate=None if rate is None else float(f"{rate:.5g}"),
    )
