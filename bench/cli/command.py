"""The rules of every command, whatever it does."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from bench.cli.stops import stopped
from bench.core.errors import UsageError


class Command(TyperCommand):
    """A command that refuses a repeated option, and says that it was stopped."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse an option that is given twice: one of its values would be dropped."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        single = [
            p for p in order if p.nargs == 1 and not (p.multiple or getattr(p, "is_flag", True))
        ]
        for param in single:
            if single.count(param) > 1:
                raise UsageError(f"{param.opts[0]} is given twice, and only one of them can count")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Typer would end it at Ctrl-C without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise stopped(stop) from stop
