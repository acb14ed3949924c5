"""Run each Python example of docs/python/*.md, and the sync of README.md, with a sandbox and PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from support.sandbox import running

from mock_server.testing import Sandbox as Client
from mock_server.testing.receiver import receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import Postgres
    from support.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "python"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:4010"
PRINTED = {
    ("all-vendors", 0): r"^(outlet|flagship) RMA-\S+ #1001 \w+\n(.*\n)*failed: {} skipped: {}\n$",
    ("sync", 0): r"^(returnmate:new_return:\S+\n)+\d+ events, \d+ skipped\n$",
    ("sync", 1): r"^(swap:new_return:\S+\n){20}20 events, more wait: True\n$",
}
"""What each example prints, by page and place."""
RECEIVER = ("webhooks", 0)
VIEW = ("django", 0)
"""The example that test_notebook_and_django.py runs."""
ITEM = {"sku": "BOOT-CHE-39", "quantity": 1, "reason": "defective"}


COUNTS = "select shop, count(*) as returns from returns group by shop"


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text("utf-8"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sandbox"), "--no-rate-limits", "--seed-size", "40") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture(autouse=True)
def _as_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in an empty folder, and close the database connections that a program leaves to its end."""
    engines: list[sa.Engine] = []
    create = sa.create_engine
    monkeypatch.chdir(tmp_path)

    def remembered(*arguments: Any, **options: Any) -> sa.Engine:
        engines.append(create(*arguments, **options))
        return engines[-1]

    monkeypatch.setattr(sa, "create_engine", remembered)
    yield
    for engine in engines:
        engine.dispose()


def run(code: str, shop: Sandbox) -> dict[str, Any]:
    """Run an example in this process, as a program of its own takes a second to start; return its names."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code.replace(ADDRESS, shop.url), "example.py", "exec"), names)
    return names


@pytest.mark.parametrize(("page", "place"), list(PRINTED))
def test_example_prints_what_the_page_promises(
    page: str,
    place: int,
    shop: Sandbox,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    run(blocks(PAGES / f"{page}.md")[place], shop)
    assert re.search(PRINTED[page, place], capsys.readouterr().out)


def test_every_example_is_run() -> None:
    found = {(page.stem, place) for page in PAGES.glob("*.md") for place, _ in enumerate(blocks(page))}
    assert found == set(PRINTED) | {RECEIVER, VIEW}


def test_receiver_handles_each_webhook_once_and_refuses_a_forged_one(
    shop: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    page, place = RECEIVER
    names = run(blocks(PAGES / f"{page}.md")[place], shop)
    with Client(shop.url) as client, receiving() as receiver:
        tenant = client.create_tenant("receiver", seed_size=0)
        secret = tenant.webhooks.add("returnmate", receiver.url, events=["rma.created"]).secret
        tenant.create_return("returnmate", items=[ITEM])
        (request,) = receiver.wait()
        tenant.delete()
    seen: set[str] = set()
    answers = [
        names["receive"](request.headers, request.body, word, seen) for word in (secret, secret, "guessed")
    ]
    assert answers == [204, 204, 401]
    assert capsys.readouterr().out == (
        "rma.created return_created requested\n"
        "returnmate: The signature in x-webhook-signature does not match the body and the secret.\n"
    )


def test_sync_of_the_readme_stores_each_return_once(
    shop: Sandbox, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = blocks(ROOT / "README.md")[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 25
    url = postgres.new_database()
    monkeypatch.setenv("DATABASE_URL", url)
    engine = sa.create_engine(url)  # closed with the engines of the example

    def stored() -> dict[str, int]:
        with engine.begin() as db:
            return {row.shop: row.returns for row in db.execute(sa.text(COUNTS))}

    run(code, shop)
    first = stored()
    assert set(first) == {"outlet", "flagship"}
    assert "failed: {} skipped: {}" in capsys.readouterr().out
    run(code, shop)
    assert capsys.readouterr().out.startswith("return_created 0 ")
    with shop.client("returnmate") as client:
        order = {"order_number": "#1001", "customer_email": "priya.nair@example.com"}
        client.post("/rmas", json={**order, "items": [ITEM]}).raise_for_status()
    run(code, shop)
    assert capsys.readouterr().out.startswith("return_created 1 ")
    assert stored() == {**first, "outlet": first["outlet"] + 1}
