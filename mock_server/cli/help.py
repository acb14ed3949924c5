"""Formats the help of a group of commands: grouped by task, with sentences that are not cut off."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class CommandsByTask(TyperGroup):
    """A group of commands whose help lists the commands under the title of their task.

    The title is the `rich_help_panel` of a command, or "Commands".
    """

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the title of each task, and below it each command with its sentence."""
        tasks: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            tasks.setdefault(_title(command), []).append((name, summary(command)))
        for title, rows in tasks.items():
            with formatter.section(title):
                formatter.write_dl(rows)


def summary(command: Any) -> str:
    """Return the first paragraph of a command's help in one line."""
    return " ".join((command.help or "").split("\n\n")[0].split())


def _title(command: Any) -> str:
    title = command.rich_help_panel
    return title if isinstance(title, str) else "Commands"
