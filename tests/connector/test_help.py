"""The help of `returns` and of every group of its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer.main
from support.each import each

from connector.cli.program import program

if TYPE_CHECKING:
    from collections.abc import Iterator


def groups(group: Any, name: str = "returns") -> Iterator[tuple[str, Any]]:
    """Yield a group of commands and all groups inside it, each with its full name."""
    yield name, group
    for command in group.commands.values():
        if hasattr(command, "commands"):
            yield from groups(command, f"{name} {command.name}")


GROUPS = dict(groups(typer.main.get_command(program())))


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("width", [60, 80])
def test_help_lists_every_command_once_with_its_whole_sentence(name: str, width: int) -> None:
    group = GROUPS[name]
    shown = group.get_help(group.context_class(group, info_name=name, terminal_width=width))
    for command in each(group.commands.values()):
        sentence = " ".join(command.help.split("\n\n")[0].split())
        assert " ".join(shown.split()).count(f"{command.name} {sentence}") == 1
    titles = [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert len(set(titles)) == len(titles)
    assert max(map(len, shown.splitlines())) <= width
