"""`bench run`: plan, train what is missing, time the steps, report."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import RESULTS, Plugins, Results, names
from bench.core.errors import UsageError

if TYPE_CHECKING:
    from bench.core.study import Study
    from bench.storage.store import Store

PROCESSES = {"smoke": 0, "standard": 5, "full": 5}
"""Fresh processes per step time; one in `quick`, which gives no interval."""
SEEDS = {"smoke": 2, "quick": 3, "standard": 10, "full": 5}
TIME_LIMIT_HOURS = 12.0


def run(
    profile: Annotated[str, typer.Option(help="smoke, quick, standard or full.")] = "quick",
    tasks: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = "cifar10,imdb",
    strategies: Annotated[
        str | None, typer.Option(help="Strategies, separated by commas, or all; default: the six.")
    ] = None,
    seeds: Annotated[int | None, typer.Option(help="N means seeds 0 to N-1.")] = None,
    design: Annotated[str, typer.Option(help="one-in, leave-one-out or pairwise.")] = "one-in",
    stack: Annotated[
        list[str] | None, typer.Option(help="An arm of its own: a+b+c, or a preset; repeatable.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Strategies that the baseline already has.")
    ] = None,
    controls: Annotated[
        bool, typer.Option("--controls", help="Add the A/A arm: the noise floor.")
    ] = False,
    sweep: Annotated[
        str | None, typer.Option(help="Such as recipe.learning_rate=0.3x,1x,3x.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="mixup.alpha=0.4 or recipe.learning_rate=0.01; repeatable."),
    ] = None,
    data: Annotated[str, typer.Option(help="auto, tfds (never falls back) or synthetic.")] = "auto",
    data_dir: Annotated[
        Path | None, typer.Option(help="Prepared tensorflow-datasets; default: TFDS_DATA_DIR.")
    ] = None,
    results: Results = RESULTS,
    name: Annotated[
        str | None, typer.Option(help="Of the study; default: profile-data[-base].")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Trials side by side.")] = None,
    executor: Annotated[str, typer.Option(help="local or ray.")] = "local",
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster.")] = None,
    gpus_per_trial: Annotated[float, typer.Option(help="With Ray.", min=0.0)] = 0.0,
    time_limit: Annotated[
        float, typer.Option(help="Hours that a trial may run.", min=0.001)
    ] = TIME_LIMIT_HOURS,
    retry: Annotated[str | None, typer.Option(help="`failed` runs failed trials again.")] = None,
    precision: Annotated[
        str, typer.Option(help="float32, mixed_bfloat16 or mixed_float16.")
    ] = "float32",
    xla: Annotated[
        bool | None, typer.Option("--xla/--no-xla", help="Compile the step; default: on a GPU.")
    ] = None,
    step_times: Annotated[
        bool, typer.Option("--step-times/--no-step-times", help="Measure step times afterwards.")
    ] = True,
    processes: Annotated[
        int | None, typer.Option(help="Fresh processes per step time; default: 1, standard 5.")
    ] = None,
    tuned: Annotated[
        Path | None, typer.Option(help="A file of `bench tune`: each arm untuned and tuned.")
    ] = None,
    until_decided: Annotated[
        bool,
        typer.Option("--until-decided", help="Looks at 6, 10, 16, 24 seeds while undecided."),
    ] = False,
    exploratory: Annotated[
        bool, typer.Option("--exploratory", help="Declare no family: effects, no verdicts.")
    ] = False,
    equal_time: Annotated[
        bool,
        typer.Option(
            "--equal-time", help="Add arms that train as long as the baseline (after step times)."
        ),
    ] = False,
    declare: Annotated[
        bool, typer.Option("--declare", help="Write study.json and train nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would run.")] = False,
    plugin: Plugins = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Failures and paths only.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object a line on stdout, the rest on stderr.")
    ] = False,
) -> None:
    """Train arms x seeds of a study, only what is missing, and report."""
    from bench.cli import timing_progress
    from bench.cli.progress import watch
    from bench.cli.summary import described, summarize
    from bench.core.environment import cores
    from bench.core.failure import Failure
    from bench.plugins.registry import find
    from bench.report.card import cards
    from bench.report.report import report_study
    from bench.running import training_phase, tuning
    from bench.running.plan import Request, plan
    from bench.running.plan import equal_time as plan_equal_time
    from bench.storage.store import Store
    from bench.tasks.task import Source

    if retry not in (None, "failed"):
        raise UsageError(f"--retry {retry}: only `failed` can be retried")
    gpu = shutil.which("nvidia-smi") is not None
    registry = find(plugin or ())
    request = Request(
        profile=profile,
        tasks=names(tasks) or (),
        strategies=names(strategies),
        stacks=stack or (),
        base=names(base) or (),
        design=design,
        seeds=seeds if seeds is not None else SEEDS.get(profile, 3),
        settings=dict(setting(text) for text in set_ or ()),
        sweep=sweep,
        controls=controls,
        precision=precision,
        xla=gpu if xla is None else xla,
        sequential=until_decided,
        exploratory=exploratory,
        tuned=None if tuned is None else tuning.read(tuned),
        name=name,
    )
    planned = plan(request, registry, Source(data, data_dir))
    for notice in planned.notices:
        print(f"\n*** {notice} ***\n", file=sys.stderr)
    store = Store(results / planned.study.name)
    asked = planned.study
    if equal_time:
        added = plan_equal_time(asked, training_phase.step_ratios(store))
        if not added:
            raise UsageError("--equal-time needs step times: run the study, then this again")
        asked = asked.model_copy(update={"arms": (*asked.arms, *added)})
    if dry_run:
        print(described(extended(store, asked), store))
        return
    with store.lock():
        study = extended(store, asked)
        store.write_study(study)
        if declare:
            print(f"declared, nothing trained: {store.folder / 'study.json'}")
            return
        for line in training_phase.set_damaged_aside(store):
            print(f"warning: {line}", file=sys.stderr)
        threads = max(int(arm.recipe["threads"]) for arm in study.arms)
        options = training_phase.TrainingOptions(
            source=Source("synthetic" if study.synthetic else "tfds", data_dir),
            plugins=tuple(path.expanduser().resolve() for path in plugin or ()),
            jobs=(1 if gpu else max(1, cores() // threads)) if jobs is None else jobs,
            executor=executor,
            address=address,
            gpus_per_trial=gpus_per_trial,
            time_limit=3600 * time_limit,
            retry_failed=retry is not None,
        )
        trained = training_phase.train(
            study, store, options, lambda total: watch(total, quiet, as_json)
        )
        timed = dict[str, Failure]()
        count = PROCESSES.get(profile, 1) if processes is None else processes
        if step_times and count and not trained.interrupted:
            progress = timing_progress.watch(quiet, as_json)
            timed = training_phase.time_steps(study, store, options, count, progress)
        paths = report_study(study, store, registry)
    summarize(study, store, trained, timed, paths, cards(registry.strategies), as_json)
    if trained.interrupted:
        raise typer.Exit(130)
    if trained.failed or timed:
        raise typer.Exit(1)


def extended(store: Store, asked: Study) -> Study:
    """The study in the store with what is asked for now beside it."""
    known = store.study()
    if known is None:
        return asked
    study = known.extended(asked)
    if study.seeds > known.seeds and known.is_judged() and not store.missing(known):
        study = study.model_copy(update={"seeds_before": (*known.seeds_before, known.seeds)})
    return study


def setting(text: str) -> tuple[str, str]:
    """(`mixup.alpha`, `0.4`) of `mixup.alpha=0.4`."""
    key, equals, value = text.partition("=")
    if not (equals and key and value):
        raise UsageError(f"--set {text}: write OWNER.PARAMETER=VALUE")
    return key.strip(), value.strip()
