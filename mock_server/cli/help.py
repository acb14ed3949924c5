"""Formats the help of a group with many commands: grouped by task, with sentences that are not cut off."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from typer.core import TyperGroup


class CommandsByTask(TyperGroup):
    """A group of commands whose help lists the commands under the title of their task.

    The title is the `rich_help_panel` of a command. The commands of a task must be registered one after the
    other.
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the title of each task, and below it each command with its sentence."""
        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        for title, commands in groupby(named, lambda pair: _title(pair[1])):
            with formatter.section(title):
                formatter.write_dl([(name, summary(command)) for name, command in commands])


def summary(command: Any) -> str:
    """Return the first paragraph of a command's help in one line."""
    return " ".join((command.help or "").split("\n\n")[0].split())


def _title(command: Any) -> str:
    title = command.rich_help_panel
    return title if isinstance(title, str) else "Commands"
