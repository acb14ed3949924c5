"""Formats the help of a group of commands with sentences that are not cut off."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class CommandList(TyperGroup):
    """A group of commands whose help shows the whole first paragraph of each command's help."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each command with its first paragraph."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(command)) for name, command in commands if command])


def _summary(command: Any) -> str:
    """Return the first paragraph of a command's help in one line."""
    return " ".join((command.help or "").split("\n\n")[0].split())
