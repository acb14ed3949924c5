"""The public names: each exists and has a docstring, and the documents use no other."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from documents.public_names import MODULES, names_of
from support.each import each

import connector
from connector.definition.compiler import vendors

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [
    path
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    if "import connector" in path.read_text("utf-8")
]
TYPED = {f"connector.typed.{vendor}" for vendor in vendors()}


@pytest.mark.parametrize("module", MODULES)
def test_each_public_name_exists_and_says_what_it_is(module: str) -> None:
    found = import_module(module)
    for name in each(names_of(module)):
        assert inspect.getdoc(getattr(found, name)), name
        assert name in dir(found)


def test_other_names_are_reported_as_missing() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'runner'"):
        _ = connector.runner  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_documents_use_public_names_only(page: Path) -> None:
    used = [name for code in BLOCK.findall(page.read_text("utf-8")) for name in names_in(ast.parse(code))]
    public = {f"{module}.{name}" for module in MODULES for name in names_of(module)} | set(MODULES)
    other = [name for name in each(used) if name not in public and name.rpartition(".")[0] not in TYPED]
    assert other == []


def names_in(code: ast.Module) -> list[str]:
    """Return the names of the connector in a program: imported ones, and attributes of its modules."""
    found = []
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "connector":
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] == "connector"]
        elif isinstance(node, ast.Attribute) and re.match(r"connector(\.\w+)+$", text := ast.unparse(node)):
            found.append(text)
    return found
