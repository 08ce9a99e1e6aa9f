"""The `bench` command, with one file for each of its commands."""

from __future__ import annotations

import sys

import typer

from bench.cli import (
    accept,
    baseline,
    compact,
    compare,
    doctor,
    history,
    listing,
    null,
    pictures,
    regime_map,
    report,
    run,
    shift,
    show,
    time,
    tune,
)
from bench.core.errors import BenchError

app = typer.Typer(
    name="bench",
    help="Which regularizer should I use, is its effect real, and what does it cost a step?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("report")(report.report)
app.command("time")(time.time_study)
app.command("tune")(tune.tune)
app.command("null")(null.null)
app.command("map")(regime_map.regime_map)
app.command("doctor")(doctor.doctor)
app.command("list")(listing.list_names)
app.command("pictures")(pictures.pictures)
app.command("shift")(shift.shift)
app.command("show")(show.show)
app.command("compare")(compare.compare)
app.add_typer(baseline.app, name="baseline")
app.command("history")(history.history)
app.command("accept")(accept.accept)
app.command("compact")(compact.compact)


def main() -> None:
    """Run a command; an error is one line on stderr and its exit code."""
    try:
        app()
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
