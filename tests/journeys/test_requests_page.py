"""The commands and the Python code of docs/requests.md work as printed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from support.command import Serving, serving
from support.each import each
from typer.testing import CliRunner

from mock_server.cli.serve import register
from mock_server.testing import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "requests.md").read_text("utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("home"), "--database", "sqlite://", "--seed-size", "5") as started:
        yield started


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_python_code_works_as_printed(served: Serving) -> None:
    with Sandbox(served.url) as sandbox:
        for code in each(blocks("python")):
            exec(compile(code, "docs/requests.md", "exec"), {"tenant": sandbox.tenant("demo")})


def test_commands_work_as_printed(served: Serving) -> None:
    program = typer.Typer()
    register(program)
    with Sandbox(served.url) as sandbox, sandbox.tenant("demo").client("returnmate") as client:
        client.get("/rma")
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    for line in each(lines):
        words = shlex.split(line)
        assert words[0] == "returns"
        done = CliRunner().invoke(program, words[1:], env={"RETURNS_SANDBOX_URL": served.url})
        assert done.exit_code == 0, f"{line}: {done.output}"
