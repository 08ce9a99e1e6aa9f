"""The `bench` command, with one file for each of its commands."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from bench.cli import (
    accept,
    advise,
    audit,
    baseline,
    compact,
    compare,
    data,
    doctor,
    explain,
    history,
    listing,
    null,
    pictures,
    recipe,
    regime_map,
    report,
    run,
    shift,
    show,
    streams,
    time,
    tune,
)
from bench.cli.command import Command
from bench.cli.stops import end_at_sigterm, stopped
from bench.core.errors import BenchError

app = typer.Typer(
    name="bench",
    help="Which regularizer should I use, is its effect real, and what does it cost a step?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "run": run.run,
    "advise": advise.advise,
    "report": report.report,
    "explain": explain.explain,
    "time": time.time_study,
    "tune": tune.tune,
    "null": null.null,
    "map": regime_map.regime_map,
    "doctor": doctor.doctor,
    "data": data.data_card,
    "list": listing.list_names,
    "audit": audit.audit,
    "pictures": pictures.pictures,
    "shift": shift.shift,
    "show": show.show,
    "recipe": recipe.recipe,
    "compare": compare.compare,
    "history": history.history,
    "accept": accept.accept,
    "compact": compact.compact,
}
for name, function in COMMANDS.items():
    app.command(name, cls=Command)(function)
app.add_typer(baseline.app, name="baseline")


def main() -> None:
    """Run a command; an error is one line on stderr and its exit code."""
    streams.prepare()
    end_at_sigterm()
    try:
        try:
            app()
        except KeyboardInterrupt as stop:
            raise stopped(stop) from stop
        finally:
            sys.stdout.flush()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        streams.discard(1)  # what could not be written would be tried again at the exit
        where = f" {error.filename}" if error.filename else ""
        print(f"bench: cannot use{where or ' its output'}: {error.strerror}", file=sys.stderr)
        sys.exit(BenchError.exit_code)


if __name__ == "__main__":
    main()
