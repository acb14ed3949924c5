"""A customer is forgotten at every vendor: in records, ledger, snapshots, requests and the file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from support.each import each
from support.first_moment import STARTS

from mock_server import vendors
from mock_server.app import create_app
from mock_server.erasure.person import Person
from mock_server.settings import Settings
from mock_server.store import tables

URL = "http://127.0.0.1:4010"
TENANT = "/__sandbox/tenants/demo"
EMAIL = "ottilie.quarrington@example.com"
NAME = "Ottilie Quarrington"
OTHER = "not.ottilie.quarrington@example.com"
ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forget") / "sandbox.sqlite3"


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[TestClient]:
    settings = Settings(
        seed_size=6, database=f"sqlite:///{file}", rate_limits=False, first_moment=STARTS, secret="s"
    )
    with TestClient(create_app(settings), base_url=URL) as made:
        yield made


def rows(client: TestClient) -> list[dict[str, Any]]:
    query = sa.select(tables.rows).where(tables.rows.c.tenant == "demo")
    found = client.app.world.store.select(query)  # type: ignore[attr-defined]
    return [dict(zip(tables.rows.c.keys(), row, strict=True)) for row in found]


def create(client: TestClient, vendor: str, email: str, name: str) -> str:
    body = {"vendor": vendor, "customer_email": email, "customer_name": name, "items": [ITEM]}
    answer = client.post(f"{TENANT}/returns", json={**body, "order_number": "#7001"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def stored(file: Path) -> bytes:
    """Return all bytes of the database and its log, in lower case."""
    paths = [file, file.with_name(f"{file.name}-wal")]
    return b"".join(path.read_bytes() for path in paths if path.exists()).lower()


def everything(client: TestClient, vendor: str) -> str:
    """Read everything of the control plane and of a vendor; no response may be a server error."""
    texts = []
    for path in ("ledger?limit=1000", "deliveries?limit=1000", "returns", "requests?limit=1000", "next"):
        answer = client.get(f"{TENANT}/{path}")
        assert answer.status_code == 200, answer.text
        texts.append(answer.text)
    login = client.get(f"{TENANT}/credentials").json()["vendors"][vendor]
    document = client.get(f"{login['base_url']}/openapi.json").json()
    query = {**login["query"], "pagesize": 500, "swap_store_id": "store_123abc", "store": "store_123abc"}
    for path in [path for path, item in document["paths"].items() if "get" in item]:
        for id_ in ids(client, vendor) if "{" in path else [""]:
            target = login["base_url"] + re.sub(r"\{\w+\}", quote(id_, safe=""), path)
            answer = client.get(target, headers=login["headers"], params=query)
            assert answer.status_code < 500, f"{target}: {answer.text}"
            texts.append(answer.text)
    return "\n".join(texts)


def ids(client: TestClient, vendor: str) -> list[str]:
    table = tables.rows
    query = sa.select(table.c.id).where(table.c.tenant == "demo", table.c.vendor == vendor)
    return [id_ for (id_,) in client.app.world.store.select(query)]  # type: ignore[attr-defined]


def seeded(client: TestClient, vendor: str) -> tuple[str, set[str]]:
    """Return the address of a seeded customer, and the name, streets and phones in the documents."""
    mine = [row for row in rows(client) if row["vendor"] == vendor]
    emails = [row["customer_email"] for row in mine if row["customer_email"].count("@") == 1]
    email = max(set(emails).difference({EMAIL, OTHER}), key=lambda one: (emails.count(one), one))
    person = Person(email, "x@example.com")
    for row in mine:
        if person.is_in(row["document"].decode()):
            person.learn(orjson.loads(row["document"]), row["kind"])
    return email, set(person._values)


@pytest.mark.parametrize("vendor", vendors.names())
def test_customer_is_forgotten_everywhere(client: TestClient, file: Path, vendor: str) -> None:
    created = create(client, vendor, EMAIL.title(), NAME)
    kept = create(client, vendor, OTHER, "Somebody Else")
    assert client.post(f"{TENANT}/snapshots", json={"name": f"before-{vendor}"}).status_code in {200, 201}
    login = client.get(f"{TENANT}/credentials").json()["vendors"][vendor]
    client.get(f"{login['base_url']}/x/{EMAIL}?email={EMAIL.replace('@', '%40')}", headers=login["headers"])
    email, values = seeded(client, vendor)
    assert EMAIL.encode() in stored(file)
    assert email.encode() in stored(file)
    before = client.get(f"{TENANT}/ledger?limit=1000").json()["events"]

    for one in (EMAIL, email):
        erased = client.post(f"{TENANT}/forget", json={"email": one})
        assert erased.status_code == 200, erased.text
        assert erased.json()["rows"] > 0
        content = stored(file)
        assert one.encode() not in content.replace(OTHER.encode(), b"")
    for value in each(values | {NAME}):
        assert value.lower().encode() not in content, value
    shown = everything(client, vendor)
    assert EMAIL not in shown.lower().replace(OTHER, "")
    assert email not in shown.lower()
    assert NAME not in shown
    after = client.get(f"{TENANT}/ledger?limit=1000").json()["events"]
    assert [one["sequence"] for one in after] == [one["sequence"] for one in before]
    assert created in str(ids(client, vendor))
    assert OTHER in {row["customer_email"] for row in rows(client) if row["vendor"] == vendor}
    assert kept in str(ids(client, vendor))
    verified = client.get(f"{TENANT}/verify").json()
    assert verified["ok"], verified


def test_unknown_customer_changes_nothing(client: TestClient) -> None:
    before = rows(client)
    answer = client.post(f"{TENANT}/forget", json={"email": "never.seen@example.com"})
    assert answer.json() == {
        "rows": 0,
        "events": 0,
        "steps": 0,
        "deliveries": 0,
        "requests": 0,
        "rewritten": True,
    }
    assert rows(client) == before
    assert client.post(f"{TENANT}/forget", json={"email": "no address"}).status_code == 400
    assert client.post("/__sandbox/tenants/nobody/forget", json={"email": EMAIL}).status_code == 404


def test_changes_are_still_stored_after_the_file_was_rewritten(client: TestClient) -> None:
    client.post(f"{TENANT}/forget", json={"email": "never.seen@example.com"})
    assert create(client, "returnmate", "kim@example.com", "Kim")
    assert client.get("/__sandbox/health").json()["status"] == "ok"


def test_parts_of_longer_addresses_and_values_are_kept() -> None:
    person = Person("dan@example.com", "erased-1@example.invalid")
    document = {
        "customer": {"email": "Dan@Example.com", "name": "Dan Reed", "phone": "+61 3 5550 0001"},
        "returnAddress": {
            "name": "Dan Reed Outfitters",
            "street1": "4 Tannery Road",
            "email": "x@example.com",
        },
        "note": "Call Dan Reed, DAN@example.com, not jordan@example.com, dan@example.com.au or Dan Reedy.",
        "link": "https://shop.example.com/?to=dan%40example.com",
    }
    person.learn(document)
    erased = person.erased(document, own=True)
    assert erased["customer"] == {"email": "erased-1@example.invalid", "name": "Erased", "phone": "Erased"}
    assert erased["note"] == (
        "Call Erased, erased-1@example.invalid, not jordan@example.com, dan@example.com.au or Dan Reedy."
    )
    assert erased["link"] == "https://shop.example.com/?to=erased-1@example.invalid"
    assert erased["returnAddress"]["street1"] == "4 Tannery Road"
    assert erased["returnAddress"]["email"] == "x@example.com"
