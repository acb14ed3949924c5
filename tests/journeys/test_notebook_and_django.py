"""The samples of the synchronous connection: a notebook that Jupyter's kernel runs, and a view of Django."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from django.conf import settings
from django.test import Client, override_settings
from nbclient import NotebookClient
from support.each import each
from support.sandbox import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.sandbox import Sandbox

PAGES = Path(__file__).parents[2] / "docs" / "python"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:4010"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox"), "--no-rate-limits", "--seed-size", "40") as sandbox:
        yield sandbox


def test_notebook_shows_what_a_connection_offers_and_finds_returns(
    shop: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    text = (PAGES / "notebook.ipynb").read_text("utf-8")
    notebook = nbformat.reads(text.replace(ADDRESS, shop.url), as_version=4)  # type: ignore[no-untyped-call]
    assert nbformat.validator.isvalid(notebook)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, kernel_name="python3", timeout=300).execute()
    shown = [
        output["data"]["text/plain"]
        for cell in each([cell for cell in notebook.cells if cell.cell_type == "code"])
        for output in cell.outputs
    ]
    connection, searches, action, counts, found = shown
    assert connection.startswith(f"<Connection to ReturnMate at {shop.url}/returnmate/v1")
    assert searches.startswith("<searches of ReturnMate: find_return, ")
    assert "return_id*" in action
    assert re.match(r"\[\('\w+', \d+\)", counts)
    assert re.match(r"\[\('RMA-\S+', '\w+', '\w+ \w+'\)", found)


def test_committed_notebook_has_no_outputs() -> None:
    notebook = nbformat.read(PAGES / "notebook.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in each(codes) if cell.outputs or cell.execution_count] == []


class Urls:
    """The names of the example, as the module of URLs that Django reads."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.urlpatterns = names["urlpatterns"]


def test_view_of_django_answers_with_the_returns_of_an_order(shop: Sandbox) -> None:
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["testserver"], LOGGING_CONFIG=None, SECRET_KEY="for tests")
    (code,) = BLOCK.findall((PAGES / "django.md").read_text("utf-8"))
    names: dict[str, Any] = {"__name__": "views"}
    exec(compile(code.replace(ADDRESS, shop.url), "views.py", "exec"), names)
    with names["returns"](), override_settings(ROOT_URLCONF=Urls(names)):
        answer = Client().get("/orders/1001/returns")
        missing = Client().get("/orders/999999/returns")
    assert (answer.status_code, missing.status_code) == (200, 200)
    assert {one["number"][:4] for one in answer.json()["returns"]} == {"RMA-"}
    assert missing.json() == {"returns": []}
