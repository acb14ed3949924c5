"""Deliveries name their return, in files of the previous version too, and say what happened to them."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.browser import URL, Browser, browsing, text_of
from support.each import each
from support.webhook_receiver import receiving

from mock_server import vendors
from mock_server.app import create_app
from mock_server.settings import Settings
from mock_server.store.tables import SCHEMA_VERSION

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
BODY = {"order_number": "#2001", "customer_email": "iris.lane@example.com", "items": [ITEM]}
NOBODY = "http://127.0.0.1:9/hooks"
"""Nothing listens on this port."""
SENDING = [name for name in vendors.names() if vendors.webhooks_of(name)]
DEMO = "/__sandbox/tenants/demo"


def subscribe(client: Any, vendor: str) -> None:
    """Register a webhook for every event of a vendor, with the vendor's own API where it can."""
    format_ = vendors.webhooks_of(vendor)
    assert format_ is not None
    if not format_.own_api:
        made = client.post(f"{DEMO}/webhooks", json={"vendor": vendor, "url": NOBODY})
        assert made.status_code == 201, made.text
        return
    login = client.get(f"{DEMO}/credentials").json()["vendors"][vendor]
    for kind in each(format_.kinds):
        answer = client.post(
            f"{login['base_url']}/webhook",
            headers=login["headers"],
            json={"url": NOBODY, "eventName": kind.name},
        )
        assert answer.is_success, answer.text


def move(client: Any, vendor: str, id_: str) -> bool:
    """Move a return to the first of its allowed statuses, if there is one."""
    moves = client.get(f"{DEMO}/returns/{vendor}/{id_}").json()["moves"]
    if moves:
        body = {"vendor": vendor, "status": moves[0]["status"]}
        assert client.post(f"{DEMO}/returns/{id_}/move", json=body).status_code == 200
    return bool(moves)


def fill(client: Any) -> dict[str, str]:
    """Create a return at each vendor that sends webhooks, move it on, and return the IDs by vendor."""
    ids = {}
    for vendor in SENDING:
        subscribe(client, vendor)
        ids[vendor] = client.post(f"{DEMO}/returns", json={"vendor": vendor, **BODY}).json()["id"]
        for _ in range(3):
            if not move(client, vendor, ids[vendor]):
                break
    client.post(f"{DEMO}/clock/advance", json={"seconds": 10 * 86_400})  # parcels are scanned
    return ids


def deliveries(client: Any, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"{DEMO}/deliveries", params={"limit": 1_000, **query}).json()[
        "deliveries"
    ]
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "sandbox.db"


@pytest.fixture(scope="module")
def known(file: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The IDs of the returns by vendor, and all deliveries, in a file."""
    app = create_app(Settings(seed_size=1, database=f"sqlite:///{file}", rate_limits=False))
    with TestClient(app, base_url=URL) as client:
        ids = fill(client)
        tested = client.post(f"{DEMO}/webhooks/wh_returnmate_1/test", json={}).json()
        assert tested["return"] is None
        return ids, [client.get(f"{DEMO}/deliveries/{one['id']}").json() for one in deliveries(client)]


@pytest.mark.parametrize("vendor", SENDING)
def test_every_delivery_names_its_return(
    known: tuple[dict[str, str], list[dict[str, Any]]], vendor: str
) -> None:
    ids, found = known
    own = [one for one in found if one["vendor"] == vendor and not one["test"]]
    assert ids[vendor] in {one["return"] for one in own}
    for one in each(own):
        assert one["return"] in json.dumps(one["payload"]), one["event"]


def test_file_of_the_previous_version_is_converted(
    known: tuple[dict[str, str], list[dict[str, Any]]], file: Path
) -> None:
    old = sqlite3.connect(file)
    old.execute("ALTER TABLE deliveries DROP COLUMN return_id")
    old.execute("UPDATE meta SET value = '4' WHERE name = 'schema'")
    old.commit()
    old.close()
    with TestClient(
        create_app(Settings(database=f"sqlite:///{file}", rate_limits=False)), base_url=URL
    ) as client:
        after = {one["id"]: one["return"] for one in deliveries(client)}
        ids = known[0]
        assert [one["return"] for one in deliveries(client, vendor="swap", **{"return": ids["swap"]})]
        assert deliveries(client, **{"return": "nobody"}) == []
        page = client.get(f"/console/demo/returns/returnmate/{ids['returnmate']}/timeline").text
        assert "rma.created</a>" in page
    assert after == {one["id"]: one["return"] for one in known[1]}
    opened = sqlite3.connect(file)
    assert opened.execute("SELECT value FROM meta WHERE name = 'schema'").fetchall() == [(SCHEMA_VERSION,)]
    opened.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing(seed_size=0) as made:
        yield made


@pytest.mark.parametrize(
    ("url", "status", "shown"),
    [
        ("", 503, "answered 503"),
        (NOBODY, None, "not reached (ConnectError)"),
        ("https://192.0.2.1/hooks", None, "Webhooks may not be sent to 192.0.2.1; start the sandbox with"),
        ("https://nobody.invalid/hooks", None, "The name nobody.invalid is not found."),
    ],
)
def test_console_names_what_happened_to_a_delivery(
    browser: Browser, url: str, status: int | None, shown: str
) -> None:
    login = browser.get(f"{DEMO}/credentials").json()["vendors"]["returngo"]
    with receiving() as receiver:
        receiver.status = 503
        hook = {"url": url or receiver.url, "eventName": "RMA_CREATED"}
        made = browser.request("POST", f"{login['base_url']}/webhook", headers=login["headers"], json=hook)
        browser.request("POST", f"{DEMO}/returns", json={"vendor": "returngo", **BODY})
        browser.request("POST", f"{DEMO}/clock/advance", json={"seconds": 0})  # awaits the attempts
    one = deliveries(browser.client, webhook=made.json()["id"])[0]
    upcoming = browser.get(f"{DEMO}/next").json()["next"]
    assert ".." not in " ".join(entry["sentence"] for entry in upcoming)
    assert (one["status"], one["attempts"]) == (status, 1)
    for path in (f"?webhook={one['webhook']}", f"/deliveries/{one['id']}?webhook={one['webhook']}"):
        page = text_of(browser.get(f"/console/demo/webhooks{path}"))
        assert shown in page
        assert ("answered" in page) is (status is not None)
        assert "Receiver's answer" not in page
        assert "Last answer" not in page
