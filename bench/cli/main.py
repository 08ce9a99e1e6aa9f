"""The `bench` command, with one file for each of its commands."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

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
from bench.core.errors import BenchError, UsageError


class Once(TyperCommand):
    """A command that refuses a repeated option, of which one value would be dropped."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        single = [
            p for p in order if p.nargs == 1 and not (p.multiple or getattr(p, "is_flag", True))
        ]
        for param in single:
            if single.count(param) > 1:
                raise UsageError(f"{param.opts[0]} is given twice, and only one of them can count")
        return super().parse_args(ctx, args)


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
    app.command(name, cls=Once)(function)
app.add_typer(baseline.app, name="baseline")


def main() -> None:
    """Run a command; an error is one line on stderr and its exit code."""
    streams.prepare()
    try:
        try:
            app()
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
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
