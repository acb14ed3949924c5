"""What type checkers see of the connector: typos are found, and everything that is offered is accepted."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.each import each
from support.example_inputs import required_inputs

from connector.definition.compiler import integration, vendors
from connector.generator.python import files
from connector.generator.python.__main__ import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Integration

PYRIGHT = Path(__file__).with_name("node_modules") / "pyright" / "index.js"
RIGHT = Path(__file__).with_name("sample.py")
ERROR = re.compile(r"(\w+)\.py:(\d+)(?::\d+)?(?: -|:) error")
TYPOS = {
    "vendor": ('"returnmate"', '"returnmat"'),
    "credential": ("api_key=", "api_kee="),
    "trigger": ('"new_return"', '"new_retrun"'),
    "action_input": ("order_number=", "order_numbr="),
    "operation": ("list_returns", "list_retruns"),
}
"""For each mistake, what the sample says, and what a program with the mistake says."""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample, one program per typo, and one that uses all that the vendors offer."""
    folder = tmp_path_factory.mktemp("programs")
    right = RIGHT.read_text("utf-8")
    for name, (said, misspelled) in TYPOS.items():
        assert right.count(said) == 1
        (folder / f"{name}.py").write_text(right.replace(said, misspelled), "utf-8")
    shutil.copy(RIGHT, folder / "right.py")
    (folder / "everything.py").write_text("\n".join(everything()), "utf-8")
    return folder


def everything() -> Iterator[str]:
    """Yield a program that uses each trigger, action, search and operation with its required inputs."""
    yield "from decimal import Decimal"
    yield "import connector"
    for vendor in vendors():
        made = integration(vendor)
        login = [f"{one.key}='x'" for one in made.authentication.all_fields if one.required]
        host = ["base_url='https://shop.example.com'"] if made.authentication.host else []
        arguments = ", ".join([repr(vendor), *login, *host])
        yield f"async def use_{vendor}() -> None:"
        yield f"    async with connector.open({arguments}) as shop:"
        yield from (f"        {line}" for line in uses(made))
        yield f"def use_{vendor}_sync() -> None:"
        yield f"    with connector.open_sync({arguments}) as shop:"
        yield from (f"        {line.replace(' await ', ' ')}" for line in uses(made))


def uses(made: Integration) -> Iterator[str]:
    """Yield calls with the required inputs; a sample record must have the type of the records."""
    for key, trigger in made.triggers.items():
        filters = arguments({one.key: "x" for one in trigger.inputs if not one.choices})
        yield f"poll_{key} = await shop.triggers[{key!r}].poll(None, {filters})"
        yield f"[event.data for event in poll_{key}.events].append({literal(trigger.sample)})"
    for key, action in made.actions.items():
        yield f"do_{key} = await shop.actions[{key!r}]({arguments(required_inputs(action.inputs))})"
        yield f"[do_{key}].append({literal(action.sample)})"
    for key, search in made.searches.items():
        inputs = arguments(required_inputs(search.inputs))
        yield f"found_{key} = await shop.searches[{key!r}](limit=1, {inputs})"
        yield f"found_{key}.append({literal(search.sample)})"
    for name in made.operations:
        yield f"print(shop.operations.{name}, shop.operations[{name!r}])"


def arguments(inputs: dict[str, Any]) -> str:
    return ", ".join(f"{key}={literal(value)}" for key, value in inputs.items())


def literal(value: Any) -> str:
    """Write a JSON value as Python; numbers with a decimal point are decimals, as in records."""
    return repr(json.loads(json.dumps(value, default=float), parse_float=Decimal))


@pytest.fixture(scope="module")
def mypy(programs: Path) -> str:
    return run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(programs / "cache"), at=programs)


@pytest.fixture(scope="module")
def pyright(programs: Path) -> str:
    return run("node", str(PYRIGHT), "--pythonpath", sys.executable, at=programs)


def run(*command: str, at: Path) -> str:
    names = sorted(path.name for path in at.glob("*.py"))
    done = subprocess.run([*command, *names], cwd=at, capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_each_typo_is_an_error_where_it_is_and_there_is_no_other(
    checker: str, request: pytest.FixtureRequest
) -> None:
    output: str = request.getfixturevalue(checker)
    found = [(name, int(line)) for name, line in re.findall(ERROR, output)]
    assert {name for name, _line in found} == set(TYPOS), output
    for name, line in each(found):
        first, last = place(TYPOS[name][0])
        assert first <= line <= last, output


def place(said: str) -> tuple[int, int]:
    """Return the line in which the statement begins that contains these words, and the line of the words."""
    text = RIGHT.read_text("utf-8")
    (last,) = (number for number, line in enumerate(text.splitlines(), 1) if said in line)
    statements = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt))
    around = [one.lineno for one in statements if one.lineno <= last <= (one.end_lineno or 0)]
    return max(around), last


def test_the_stubs_are_as_generated() -> None:
    """`make generate` writes them."""
    written = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.pyi")}
    assert written == files()


def test_the_stubs_are_shipped_with_their_marker() -> None:
    assert (FOLDER.parent / "py.typed").is_file()
    for text in each(files().values()):
        assert text.startswith("# Generated by `python -m connector.generator.python`")
