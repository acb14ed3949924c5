"""What will happen next and which moves a return allows: predictions match what the sandbox then does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient
from support.each import each
from support.webhook_receiver import receiving
from support.worlds import NOON, OpenWorld, open_world

import openapi
from mock_server import vendors
from mock_server.app import create_app
from mock_server.seed.model import State
from mock_server.settings import Settings
from mock_server.store import Step

URL = "http://127.0.0.1:4010"
ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
SHOPPER = {"order_number": "#2001", "customer_email": "iris.lane@example.com", "items": [ITEM]}


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    """A world with the tenant `acme`, whose clock is frozen at noon."""
    with open_world(seed_size=0) as opened:
        opened.tenants.create("acme", first_moment=NOON, frozen=True, seed_size=25)
        yield opened


def body(opened: OpenWorld, operation: str, sent: Any = None, query: Any = None, **path: str) -> Any:
    reply = opened.call(operation, sent, query, tenant="acme", **path)
    assert reply.status < 400, reply.body
    return reply.body


def contents(opened: OpenWorld) -> list[str]:
    """Return every row, event and step of the database."""
    return list(opened.world.store._connection.iterdump())


def test_next_steps_are_what_an_advance_runs(acme: OpenWorld) -> None:
    told = body(acme, "list_next", query={"limit": 100})
    assert told["more"] is False
    served = {entry["vendor"] for entry in told["next"]}
    assert served >= {"returnmate", "returnlogic", "swap"}
    statuses = {}
    for entry in each(told["next"]):
        if entry["status"]:
            statuses[entry["vendor"], entry["return"]] = entry["status"]
    ran = body(acme, "advance_clock", {"seconds": 90 * 86_400})["ran"]
    assert [(one["vendor"], one["step"], one["subject"]) for one in ran] == [
        (entry["vendor"], entry["what"], entry["subject"]) for entry in told["next"]
    ]
    assert [one["error"] for one in ran] == [entry["error"] for entry in told["next"]]
    for (vendor, id_), status in each(statuses.items()):
        row = acme.world.store.row("acme", vendor, "return", id_)
        assert row is not None
        assert row.status == status


@pytest.mark.parametrize("vendor", vendors.names())
def test_step_of_a_new_return_names_the_return(acme: OpenWorld, vendor: str) -> None:
    made = acme.call("create_tenant_return", {"vendor": vendor, **SHOPPER}, tenant="acme").body["id"]
    at = {"returnmate": "approved", "returnlogic": "Authorized", "returngo": "Approved"}.get(vendor)
    if at:
        body(acme, "move_return", {"vendor": vendor, "status": at}, id=made)
    told = body(acme, "get_return", vendor=vendor, id=made)["next"]
    if vendor in {"returnmate", "returngo"}:  # their labels are created through the API
        assert told == []
        return
    assert {entry["return"] for entry in each(told)} == {made}
    everything = body(acme, "list_next", query={"vendor": vendor, "limit": 100})["next"]
    assert [entry["sentence"] for entry in everything if entry["return"] == made] == [
        entry["sentence"] for entry in told
    ]


def test_predictions_change_nothing(acme: OpenWorld) -> None:
    before = contents(acme)
    listed = body(acme, "list_returns", query={"limit": 200})["returns"]
    body(acme, "list_next", query={"limit": 100})
    for entry in each(listed):
        shown = body(acme, "get_return", vendor=entry["vendor"], id=entry["id"])
        assert {name: shown[name] for name in entry} == entry
    assert contents(acme) == before
    assert acme.world.store.next_due("acme", tuple(acme.vendors)) is not None
    assert acme.world.ledger.last("acme") == len(acme.world.ledger.events("acme"))


@pytest.mark.parametrize("vendor", vendors.names())
def test_each_move_does_what_it_says_and_no_other_is_accepted(acme: OpenWorld, vendor: str) -> None:
    states = acme.vendors[vendor].lifecycle.states
    seen: set[str] = set()
    tried = 0
    for entry in each(body(acme, "list_returns", query={"vendor": vendor, "limit": 200})["returns"]):
        if entry["status"] in seen:
            continue
        seen.add(entry["status"])
        moves = {
            move["status"]: move for move in body(acme, "get_return", vendor=vendor, id=entry["id"])["moves"]
        }
        for status in each(states):
            tried += 1
            last = acme.world.ledger.last("acme")
            if status not in moves:
                with pytest.raises(Exception, match="cannot become"):
                    body(acme, "move_return", {"vendor": vendor, "status": status}, id=entry["id"])
                assert acme.world.ledger.last("acme") == last
        if moves:
            move = next(iter(moves.values()))
            last = acme.world.ledger.last("acme")
            body(acme, "move_return", {"vendor": vendor, "status": move["status"]}, id=entry["id"])
            row = acme.world.store.row("acme", vendor, "return", entry["id"])
            assert row is not None
            assert (row.status, row.state) == (move["status"], move["state"])
            assert f"becomes {move['status']}" in move["sentence"]
            kinds = [event.kind for event in acme.world.ledger.events("acme", after=last)]
            assert ("refund.issued" in kinds) == ("refund of" in move["sentence"])
    assert tried >= len(states)


def test_cancelled_return_is_reopened_to_one_status_only(acme: OpenWorld) -> None:
    made = body(acme, "create_tenant_return", {"vendor": "returngo", **SHOPPER})["id"]
    body(acme, "move_return", {"vendor": "returngo", "status": "Canceled"}, id=made)
    moves = body(acme, "get_return", vendor="returngo", id=made)["moves"]
    assert [(move["name"], move["status"]) for move in moves] == [("Reopen", "Pending")]


@pytest.mark.parametrize("vendor", vendors.names())
def test_every_status_that_can_follow_has_a_verb(acme: OpenWorld, vendor: str) -> None:
    lifecycle = acme.vendors[vendor].lifecycle
    for word in each({word for words in lifecycle.transitions.values() for word in words}):
        assert lifecycle.verbs[word] != f"Mark as {word}"


def test_failing_step_is_announced(acme: OpenWorld) -> None:
    with acme.world.store.change() as change:
        change.schedule(
            "acme", "returnmate", due=NOON + 1, step="scan", subject="shp_none", body={"scan": "x"}
        )
    told = body(acme, "list_next", query={"vendor": "returnmate", "limit": 1})["next"][0]
    assert (told["return"], told["status"]) == (None, None)
    assert told["error"]
    assert told["error"].rstrip(".") in told["sentence"]
    (ran, *_) = body(acme, "advance_clock", {"seconds": 1})["ran"]
    assert ran["error"] == told["error"]


def test_clock_is_at_the_due_time_during_a_rehearsal(acme: OpenWorld) -> None:
    clocks, seen = acme.world.clocks, []
    clocks.register_steps("returnmate", lambda _change, step: seen.append(clocks.now(step.tenant)))
    step = Step("acme", "returnmate", NOON + 5, "scan", "shp_1")
    with acme.world.store.change() as change:
        assert clocks.rehearse(change, step) == ""
    assert (seen, clocks.now("acme")) == ([NOON + 5], NOON)


# Over HTTP


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(seed_size=0, database="sqlite://")), base_url=URL) as made:
        yield made


@pytest.fixture(scope="module")
def shop(client: TestClient) -> str:
    """A tenant for all tests; only the last test changes it."""
    options = {"name": "shop", "seed_size": 40, "first_moment": "2026-03-02T12:00:00Z", "frozen": True}
    assert client.post("/__sandbox/tenants", json=options).status_code == 201
    return "/__sandbox/tenants/shop"


def test_returns_are_listed_newest_first_page_by_page(client: TestClient, shop: str) -> None:
    seen: list[dict[str, Any]] = []
    for number in range(1, 6):
        page = client.get(f"{shop}/returns", params={"page": number, "limit": 45}).json()
        assert (page["total"], page["page"], page["pages"]) == (40 * len(vendors.names()), number, 5)
        seen += page["returns"]
    keys = [(entry["vendor"], entry["id"]) for entry in seen]
    assert len(set(keys)) == len(keys) == 40 * len(vendors.names())
    created = [entry["created_at"] for entry in seen]
    assert created == sorted(created, reverse=True)
    assert client.get(f"{shop}/returns", params={"page": 6, "limit": 45}).json()["returns"] == []


@pytest.mark.parametrize("vendor", vendors.names())
def test_list_is_filtered_by_status_state_and_time(client: TestClient, shop: str, vendor: str) -> None:
    def ids(**query: Any) -> set[str]:
        page = client.get(f"{shop}/returns", params={"vendor": vendor, "limit": 200, **query}).json()
        assert page["total"] == len(page["returns"])
        return {entry["id"] for entry in page["returns"]}

    everything = client.get(f"{shop}/returns", params={"vendor": vendor, "limit": 200}).json()["returns"]
    for word in each({entry["status"] for entry in everything}):
        wanted = {entry["id"] for entry in everything if entry["status"] == word}
        assert ids(status=word) == ids(status=word.swapcase()) == wanted
    for state in each({entry["state"] for entry in everything}):
        assert ids(state=state) == {entry["id"] for entry in everything if entry["state"] == state}
    middle = everything[20]["created_at"]
    assert ids(since=middle) == {entry["id"] for entry in everything if entry["created_at"] >= middle}


@pytest.mark.parametrize("vendor", vendors.names())
def test_list_is_searched_by_what_a_person_knows(client: TestClient, shop: str, vendor: str) -> None:
    listed = client.get(f"{shop}/returns", params={"vendor": vendor, "limit": 200}).json()["returns"]
    shown = client.get(f"{shop}/returns/{vendor}/{listed[7]['id']}").json()
    known = [shown["id"], shown["number"], shown["order_number"], shown["items"][0]["sku"]]
    known += [shown["customer"]["email"].upper()] if shown["customer"]["email"] else []
    for text in each(known):
        found = client.get(f"{shop}/returns", params={"vendor": vendor, "search": text}).json()
        assert shown["id"] in {entry["id"] for entry in found["returns"]}
        assert found["total"] < len(listed)
    for text in ("s%t%a%t%u%s", "s_atus", "no such text"):
        assert client.get(f"{shop}/returns", params={"vendor": vendor, "search": text}).json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"vendor": "kiosk"}, 400, 'There is no vendor named "kiosk". Choose'),
        ({"status": "flown"}, 400, 'There is no status named "flown". Choose PENDING'),
        ({"state": "flown"}, 400, 'There is no state named "flown". Choose requested'),
        ({"since": "yesterday"}, 400, "since must be a date and time"),
        ({"page": 0}, 400, "page must be at least 1"),
        ({"limit": 201}, 400, "limit must be at most 200"),
    ],
)
def test_impossible_filter_is_refused(
    client: TestClient, shop: str, query: dict[str, Any], status: int, says: str
) -> None:
    answer = client.get(f"{shop}/returns", params=query)
    assert (answer.status_code, says in answer.json()["error"]["message"]) == (status, True), answer.text


def test_unknown_return_and_vendor_are_not_found(client: TestClient, shop: str) -> None:
    missing = client.get(f"{shop}/returns/swap/RET-none")
    assert missing.status_code == 404
    assert "no swap return 'RET-none'" in missing.json()["error"]["message"]
    assert client.get(f"{shop}/returns/kiosk/1").status_code == 404


def test_neutral_states_of_the_specification_are_those_of_the_seed() -> None:
    schemas = openapi.read(openapi.CONTROL_PLANE)["components"]["schemas"]
    assert tuple(schemas["ReturnState"]["enum"]) == State.__args__  # type: ignore[attr-defined]


def test_webhooks_of_a_move_and_their_retries_are_announced(client: TestClient, shop: str) -> None:
    with receiving() as receiver:
        receiver.status = 503
        login = client.get(f"{shop}/credentials").json()["vendors"]["returngo"]
        path = login["base_url"].removeprefix(URL)
        for event in ("RMA_STATUS_UPDATED", "SHIPMENT_STATUS_UPDATED"):
            webhook = {"url": f"{receiver.url}?token=hush", "eventName": event}
            made = client.post(f"{path}/webhook", json=webhook, headers=login["headers"])
            assert made.status_code == 200, made.text
        created = client.post(f"{shop}/returns", json={"vendor": "returngo", **SHOPPER}).json()["id"]
        moves = client.get(f"{shop}/returns/returngo/{created}").json()["moves"]
        received = next(move for move in moves if move["status"] == "Received")
        assert [sent["event"] for sent in received["sends"]] == [
            "RMA_STATUS_UPDATED",
            "SHIPMENT_STATUS_UPDATED",
        ]
        assert "RMA_STATUS_UPDATED is sent to 1 webhook" in received["sentence"]
        assert "hush" not in str(moves)
        client.post(f"{shop}/returns/{created}/move", json={"vendor": "returngo", "status": "Received"})
        receiver.wait(lambda: len(receiver.got) == 2)
        assert sorted(receiver.events) == ["RMA_STATUS_UPDATED", "SHIPMENT_STATUS_UPDATED"]

        def retries() -> list[dict[str, Any]]:
            told = client.get(f"{shop}/next", params={"vendor": "returngo"}).json()
            return [entry for entry in told["next"] if "ended with: 503" in entry["sentence"]]

        receiver.wait(lambda: len(retries()) == 2)
        now = datetime.fromisoformat(client.get(f"{shop}/clock").json()["now"])
        for entry in each(retries()):
            assert (entry["kind"], entry["return"]) == ("webhook", created)
            assert (datetime.fromisoformat(entry["at"]) - now).total_seconds() == 10
            assert "hush" not in entry["sentence"]
        receiver.status = 200
        before = len(receiver.got)
        moved = client.post(f"{shop}/clock/advance", json={"until": "next"}).json()["clock"]["now"]
        assert (datetime.fromisoformat(moved) - now).total_seconds() == 10
        receiver.wait(lambda: len(receiver.got) == before + 2)
        assert retries() == []


@pytest.mark.parametrize("vendor", ["returnlogic", "returnmate", "swap"])
def test_announced_webhooks_are_the_ones_that_the_move_sends(client: TestClient, vendor: str) -> None:
    options = {"name": f"hooks-{vendor}", "seed_size": 0, "frozen": True}
    assert client.post("/__sandbox/tenants", json=options).status_code == 201
    shop = f"/__sandbox/tenants/hooks-{vendor}"
    created = client.post(f"{shop}/returns", json={"vendor": vendor, **SHOPPER}).json()["id"]
    webhook = {"vendor": vendor, "url": "http://127.0.0.1:9/hooks?token=hush"}
    assert client.post(f"{shop}/webhooks", json=webhook).status_code == 201
    sent = 0
    for _ in range(4):
        moves = client.get(f"{shop}/returns/{vendor}/{created}").json()["moves"]
        if not moves:
            break
        move = next((one for one in moves if one["sends"]), moves[0])
        before = client.get(f"{shop}/deliveries", params={"last": 1}).json()["next"]
        assert client.post(
            f"{shop}/returns/{created}/move", json={"vendor": vendor, "status": move["status"]}
        ).is_success
        made = client.get(f"{shop}/deliveries", params={"after": before}).json()["deliveries"]
        assert [one["event"] for one in made] == [one["event"] for one in move["sends"]]
        assert {one["webhook"] for one in made} == {one["webhook"] for one in move["sends"]}
        sent += len(made)
    assert sent > 0
    assert client.delete(shop).status_code == 204


def test_predictions_among_writes_leave_the_tenant_consistent(client: TestClient) -> None:
    """Other requests' changes are in the same transaction as a rehearsal, which undoes only its own."""
    options = {"name": "busy", "seed_size": 5, "frozen": True, "first_moment": "2026-03-02T12:00:00Z"}
    assert client.post("/__sandbox/tenants", json=options).status_code == 201
    shop = "/__sandbox/tenants/busy"
    known = client.get(f"{shop}/returns").json()["returns"]

    def request(number: int) -> Any:
        if number % 3 == 0:
            wanted = {"vendor": vendors.names()[number % 5], **SHOPPER}
            return client.post(f"{shop}/returns", json=wanted).status_code
        entry = known[number % len(known)]
        path = "next" if number % 3 == 1 else f"returns/{entry['vendor']}/{entry['id']}"
        return client.get(f"{shop}/{path}").status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(request, range(60)))
    assert answers == [200 if number % 3 else 201 for number in range(60)]
    assert client.get(f"{shop}/returns").json()["total"] == len(known) + 20
    assert client.get(f"{shop}/verify").json()["differences"] == []
    assert client.delete(shop).status_code == 204
