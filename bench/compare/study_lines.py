"""A study's records as history lines: the figures of each arm that later comparisons need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from bench.analysis.frames import roots
from bench.core.canonical import canonical_hash
from bench.core.metrics import compared_metrics
from bench.core.record import Record, StepTime
from bench.core.study import Arm, Study
from bench.storage.history import Line, ProcessResult, SeedResult


def condensed(
    study: Study,
    records: Sequence[Record],
    step_times: Sequence[StepTime],
    failed: Iterable[tuple[str, str]] = (),
) -> list[Line]:
    """Make a line for each arm that has been trained or timed, in the study's order.

    Step times come from one place (device, machine): the one with the most of them.

    Args:
        failed: (task, arm) of each trial that ended without a record.
    """
    failures, places = Counter(failed), Counter((s.device, s.machine) for s in step_times)
    place = max(places, key=lambda key: (places[key], key), default=("", ""))
    placed = [s for s in step_times if (s.device, s.machine) == place]
    processes = _processes(study, placed)
    lines = []
    for arm in study.arms:
        key = (arm.task, arm.name)
        trained = [r for r in records if (r.task, r.arm) == key]
        results = processes.get(key, [])
        if trained or results:
            timed = [s for s in placed if (s.task, s.arm) == key]
            line = _line(study, arm, trained, timed)
            process_fields: dict[str, Any] = {"processes": tuple(results), "failed": failures[key]}
            if results:
                process_fields |= {"device": place[0], "machine": place[1]}
            lines.append(line.model_copy(update=process_fields))
    return lines


def _line(study: Study, arm: Arm, trained: Sequence[Record], timed: Sequence[StepTime]) -> Line:
    """Make the line of an arm without the results of its processes."""
    measured: list[Any] = [*trained, *timed]
    hashes = sorted({record.hashes.pool or record.hashes.data for record in trained})
    return Line(
        study=study.name,
        created=study.created,
        task=arm.task,
        arm=arm.name,
        reference=arm.reference,
        strategies=" + ".join(use.label for use in arm.strategies),
        data=study.data[arm.task],
        data_hash=canonical_hash({"arrays": hashes}) if hashes else "",
        synthetic=study.synthetic,
        recipe=arm.recipe,
        settings=next((m.settings for m in measured), study.settings),
        software=_software([m.environment for m in measured] or [study.environment]),
        seeds=tuple(_seed(record) for record in sorted(trained, key=lambda r: r.seed)),
    )


def _software(environments: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the versions of each package, those of several environments joined by a slash."""
    versions: dict[str, set[str]] = {}
    for environment in environments:
        for package, version in environment.get("software", {}).items():
            versions.setdefault(package, set()).add(version)
    return {package: "/".join(sorted(listed)) for package, listed in sorted(versions.items())}


def _seed(record: Record) -> SeedResult:
    measured = {
        compared.field: metric.value(record)
        for metric, compared in compared_metrics()
        if metric.of is not None
    }
    accuracy, area = measured.pop("accuracy"), measured.pop("area")
    diverged = bool(measured.pop("diverged"))
    assert accuracy is not None
    hashes = record.hashes
    shared = {"weights": hashes.initial_weights, "order": hashes.batch_order}
    start = canonical_hash({**shared, "examples": hashes.data} if hashes.pool else shared)
    return SeedResult(
        seed=record.seed,
        accuracy=accuracy,
        area=None if area is None else round(area, 6),
        start=start[:8],
        diverged=diverged,
        scores={name: value for name, value in measured.items() if value is not None},
    )


def _processes(
    study: Study, step_times: Sequence[StepTime]
) -> dict[tuple[str, str], list[ProcessResult]]:
    """Make the results of each (task, arm), one per process.

    A reference's step time is the median over the processes of its arms. Ratios lead along the chain of
    references to the task's baseline; an arm with a missing link has no result.
    """
    timed = {(s.task, s.arm, s.process): s for s in step_times}
    beside: dict[tuple[str, str, int], list[StepTime]] = {}
    for timing in step_times:
        beside.setdefault((timing.task, timing.reference, timing.process), []).append(timing)
    baselines, results = roots(study), dict[tuple[str, str], list[ProcessResult]]()
    for key in sorted(timed.keys() | beside.keys()):
        task, arm, process = key
        if (task, arm) not in baselines:
            continue
        ratio = _ratio(timed, task, arm, process, baselines[task, arm])
        if ratio is not None:
            result = _process(timed.get(key), beside.get(key, []), process, ratio)
            results.setdefault((task, arm), []).append(result)
    return results


def _ratio(
    timed: dict[tuple[str, str, int], StepTime], task: str, arm: str, process: int, baseline: str
) -> float | None:
    ratio = 1.0
    while arm != baseline:
        step = timed.get((task, arm, process))
        if step is None:
            return None
        ratio *= step.ratio
        arm = step.reference
    return ratio


def _process(
    timed: StepTime | None, beside: Sequence[StepTime], process: int, ratio: float
) -> ProcessResult:
    """Make the result of a process from an arm's own timing, or from the timings beside it."""
    if timed is not None:
        ms, memory = median(timed.arm_ms), timed.peak_memory_mb
    else:
        ms = median(median(timing.reference_ms) for timing in beside)
        memory = next((timing.reference_peak_memory_mb for timing in beside), None)
    sources = [timed] if timed else beside
    rate = next((s.matrix_flops_per_second for s in sources if s.matrix_flops_per_second), None)
    return ProcessResult(
        process=process,
        started=min(source.started for source in sources),
        ratio=round(ratio, 6),
        ms=round(ms, 6),
        memory_mb=None if memory is None else round(memory, 3),
        matrix_rate=None if rate is None else float(f"{rate:.5g}"),
    )
