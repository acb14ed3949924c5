"""READMEs of generated apps ask for the same credentials as the apps."""

import json
import re
from pathlib import Path

import pytest
from support.each import each
from support.zapier import APPS

from connector.definition.compiler import app, apps
from connector.generator import make
from connector.generator.markdown import WIDTH, filled
from connector.generator.zapier.package import authentication

MAKE_APPS = Path(__file__).parents[2] / "make_app"
CONNECTION = "src/connections/{0}/{0}.params.iml.json"


def connecting(readme: str) -> dict[str, bool]:
    """Return the login's fields by label, and whether each is required."""
    fields = re.findall(r"^- \*\*(.+?)\*\*( \(optional\))?: \S", readme, re.MULTILINE)
    return {label: not optional for label, optional in fields}


@pytest.mark.parametrize("vendor", apps())
def test_zapier_readme_lists_all_login_fields(vendor: str) -> None:
    readme = (APPS / vendor / "README.md").read_text("utf-8")
    section = readme.partition("## Connect an account")[2].partition("## ")[0]
    asked = authentication(app(vendor))["fields"]
    assert connecting(section) == {field["label"]: field["required"] for field in asked}


@pytest.mark.parametrize("vendor", apps())
def test_zapier_readme_runs_the_app_with_a_complete_login(vendor: str) -> None:
    readme = (APPS / vendor / "README.md").read_text("utf-8")
    block = re.search(r"cat > \.env <<'END'\n(.*?)END\n(.*?)```", readme, re.DOTALL)
    assert block
    values = dict(line.split("=", 1) for line in block[1].splitlines())
    asked = authentication(app(vendor))
    needed = {f"authData_{one['key']}" for one in asked["fields"] if one["required"] and "default" not in one}
    assert {name for name in values if name.startswith("authData_")} == needed
    assert all(each(values.values())), values
    assert ("invoke auth refresh" in block[2]) == (asked["session"] is not None)


@pytest.mark.parametrize("vendor", apps())
def test_make_readme_lists_all_connection_fields(vendor: str) -> None:
    files = make.render(app(vendor))
    asked = json.loads(files[CONNECTION.format(vendor)])
    before_modules = files["src/README.md"].partition("## Modules")[0]
    assert connecting(before_modules) == {field["label"]: field["required"] for field in asked}


def test_docs_index_links_the_readmes_of_all_apps() -> None:
    index = (Path(__file__).parents[2] / "docs" / "README.md").read_text("utf-8")
    for vendor in each(apps()):
        assert f"(../zapier_app/{vendor}/README.md)" in index
        assert f"(../make_app/{vendor}/README.md)" in index


@pytest.mark.parametrize("vendor", apps())
def test_no_line_of_a_readme_is_longer_than_120_characters(vendor: str) -> None:
    readmes = [APPS / vendor / "README.md", *(MAKE_APPS / vendor).rglob("README.md")]
    for readme in each(readmes):
        assert max(map(len, readme.read_text("utf-8").splitlines())) <= WIDTH, readme


def test_filling_keeps_code_and_the_indent_of_lists() -> None:
    long = "word " * 30
    text = filled(f"# Title\n\n- {long}\n\n1. Run:\n\n   ```sh\n   {long}\n   ```\n")
    assert f"   ```sh\n   {long}\n   ```" in text
    assert re.search(r"^- word .*\n  word", text, re.MULTILINE)
