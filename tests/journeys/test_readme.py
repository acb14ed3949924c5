"""What the README tells is so."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support import tables
from support.each import each
from support.sandbox import Sandbox, running

from connector.cli.program import program

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def between(name: str, page: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", (ROOT / page).read_text(), re.DOTALL)
    assert found, f"{page} has no section between <!-- {name} --> and <!-- /{name} -->."
    return found[1].strip()


@pytest.mark.parametrize(("name", "page"), [("fidelity", "README.md"), ("guarantees", "docs/guarantees.md")])
def test_table_is_true(name: str, page: str) -> None:
    made = getattr(tables, name)()
    assert between(name, page) == made, f"Put this into {page}:\n{made}"


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)\)", README)
    assert "docs/guarantees.md" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_is_mentioned() -> None:
    commands = [command.callback for command in program().registered_commands if command.callback]
    assert commands
    assert {made.__name__ for made in commands if f"returns {made.__name__}" not in README} == set()


def test_commands_work_as_printed(tmp_path: Path) -> None:
    lines = re.findall(r"^\.venv/bin/(returns .*)$", README, re.MULTILINE)
    assert len(lines) > 4
    with running(tmp_path) as sandbox:
        for line in each(lines):
            words = [word for word in shlex.split(line)[1:] if word != "--watch"]
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "RETURNS_SANDBOX_URL": sandbox.url,
            }
            command = [str(Path(sys.executable).with_name("returns")), *words]
            run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            assert run.returncode == 0, f"{line}\n{run.stdout}{run.stderr}"


@pytest.mark.parametrize(("index", "says"), [(0, "^RMA-"), (1, "return_created flagship RMA-.* completed")])
def test_python_works_as_printed(sandbox: Sandbox, index: int, says: str) -> None:
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    there = code[index].replace("http://127.0.0.1:4010", sandbox.url)
    run = subprocess.run([sys.executable, "-c", there], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert re.search(says, run.stdout), run.stdout
