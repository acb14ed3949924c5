"""A tenant that is exported and imported is the same, also in another sandbox; documents hold no secrets."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import orjson
import pytest
from support.each import each
from support.stored import everything, observing, run
from support.worlds import HOUR, NOON, OpenWorld, open_world, row

import openapi
from mock_server.bulk import Bulk
from mock_server.dumps import MAX_DUMP, MAX_ERRORS, Dumps, InvalidDumpError, TooLargeError
from mock_server.engine.schema import Schemas, Validator
from mock_server.spelling import UnknownNameError
from mock_server.tenants import TenantExistsError

DOCUMENT = openapi.read(openapi.CONTROL_PLANE)
OPTIONS: dict[str, Any] = {"seed": 3, "seed_size": 25, "first_moment": NOON, "plan": "professional"}
Dump = dict[str, Any]


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    """A world with the tenant `acme`, which was used for 30 hours."""
    with open_world(secret="s") as opened:
        opened.tenants.create("acme", **OPTIONS, frozen=True)
        opened.world.clocks.advance("acme", NOON + 30 * HOUR)
        opened.world.switches.turn("acme", "returnlogic", "maintenance", on=True, at=NOON + 30 * HOUR)
        yield opened


def dumps_of(opened: OpenWorld, bulk: Bulk) -> Dumps:
    return Dumps(opened.world, opened.tenants, bulk, opened.vendors)


def dump(opened: OpenWorld, tenant: str = "acme") -> Dump:
    found: list[bytes] = []

    async def story(bulk: Bulk) -> None:
        found.append(await dumps_of(opened, bulk).dump(tenant, "test"))

    run(opened, story)
    shown: Dump = orjson.loads(found[0])
    return shown


def load(opened: OpenWorld, document: Dump, name: str = "") -> None:
    async def story(bulk: Bulk) -> None:
        await dumps_of(opened, bulk).load(document, name)

    run(opened, story)


def content(opened: OpenWorld) -> dict[str, Any]:
    """Return what the store holds for `acme`; counters of 0 say nothing."""
    found = everything(opened.world.store, "acme")
    found["counters"] = [counter for counter in found["counters"] if counter[-1]]
    return found


def validator() -> Validator:
    return Schemas(DOCUMENT).validator({"$ref": "#/components/schemas/TenantDump"}, "request")


def test_document_conforms_to_its_schema(acme: OpenWorld) -> None:
    document = dump(acme)
    assert [error.message for error in validator().iter_errors(document)] == []
    assert len(document["rows"]) > 400
    assert document["steps"]
    assert DOCUMENT["paths"]["/import"]["post"]["requestBody"]["x-max-body"] == MAX_DUMP


def test_imported_tenant_is_the_same_in_another_sandbox(acme: OpenWorld) -> None:
    document, expected = dump(acme), content(acme)
    with open_world(secret="s") as other:
        load(other, document)
        assert content(other) == expected
        assert other.world.clocks.clock("acme") == acme.world.clocks.clock("acme")
        assert other.world.switches.on("acme") == [("returnlogic", "maintenance", "")]
        assert other.tenants.get("acme") == acme.tenants.get("acme")
        plans = {(key.vendor, key.plan.name) for key in other.world.keys.held_by("acme")}
        assert plans == {(key.vendor, key.plan.name) for key in acme.world.keys.held_by("acme")}
        assert dump(other) == document
        assert other.call("verify_tenant", tenant="acme").body["differences"] == []
        for opened in (other, acme):  # the steps that were scheduled run, and a reset uses the options
            opened.world.clocks.advance("acme", NOON + 400 * HOUR)
        assert content(other) == content(acme) != expected
        for opened in (other, acme):
            opened.call("reset_tenant", tenant="acme")
        assert content(other) == content(acme)


def test_labels_belong_to_the_sandbox_that_imports(acme: OpenWorld) -> None:
    document = dump(acme)
    with open_world(secret="another", public_url="https://other.example.com") as other:
        load(other, document, "copy")
        shipments = list(other.world.store.rows("copy", "returnmate", "shipment"))
        for shipment in each(shipments):
            url: str = orjson.loads(shipment.document)["label_url"]
            assert url.startswith("https://other.example.com/labels/returnmate/copy/")
            assert other.world.labels.read(url.removeprefix("https://other.example.com"))


def test_document_contains_no_secrets(acme: OpenWorld) -> None:
    with acme.world.store.change() as change:
        change.put_document(
            "acme", "returngo", "webhook", "11001", {"url": "http://a:secret@h/"}, created_at=NOON
        )
        change.record(
            "acme",
            "swap",
            kind="return.created",
            subject="x",
            at=NOON,
            body={"status": "open", "state": "requested"},
        )
        acme.world.outbox.enqueue(
            change,
            "acme",
            "returngo",
            webhook="11001",
            event="e",
            url="http://a:secret@h/",
            body=b"{}",
            at=NOON,
        )
    acme.world.keys.mint("acme", "swap", "reader", scopes=None, plan="", at=NOON)
    text = orjson.dumps(dump(acme)).decode()
    assert "secret" not in text
    for grant in each(acme.world.keys.held_by("acme")):
        assert acme.world.keys.key("acme", grant.vendor, grant.key) not in text
    for shipment in each(list(acme.world.store.rows("acme", "returnmate", "shipment"))):
        url = acme.world.labels.address("returnmate", "acme", shipment.id)
        assert url.rpartition("/")[2].removesuffix(".pdf") not in text
        assert f"urn:returns-sandbox:label:returnmate:{shipment.id}" in text


def changed(change: Callable[[Dump], Any]) -> Callable[[Dump], Dump]:
    def apply(document: Dump) -> Dump:
        change(document)
        return document

    return apply


def last_return(document: Dump) -> Dump:
    found: Dump = next(one for one in reversed(document["rows"]) if one["kind"] == "return")
    return found


SCHEMA_ERRORS: dict[str, Callable[[Dump], Any]] = {
    "version": lambda d: d.update(version=2),
    "format": lambda d: d.update(format="tar"),
    "rows": lambda d: d.pop("rows"),
    "rows[3].created_at": lambda d: d["rows"][3].update(created_at="2026-03-02"),
    "rows[0].document": lambda d: d["rows"][0].update(document=[]),
    "events[5].kind": lambda d: d["events"][5].update(kind="return.lost"),
    "steps[0].due": lambda d: d["steps"][0].update(due=-1),
    "tenant.name": lambda d: d["tenant"].update(name="A"),
    "tenant.limits": lambda d: d["tenant"].update(limits="none"),
    "extra": lambda d: d.update(extra=1),
}
ERRORS: dict[str, Callable[[Dump], Any]] = {
    'rows[1].vendor: There is no vendor named "acme"': lambda d: d["rows"][1].update(vendor="acme"),
    "rows[2].id: there is another": lambda d: d["rows"].insert(2, d["rows"][0]),
    "rows[0].kind: a webhook cannot be imported": lambda d: d["rows"][0].update(kind="webhook"),
    "status: must be one of ": lambda d: last_return(d).update(status="lost"),
    "state: must be ": lambda d: last_return(d).update(state="lost"),
    'events[4].vendor: There is no vendor named "acme"': lambda d: d["events"][4].update(vendor="acme"),
    'steps[0].vendor: There is no vendor named "acme"': lambda d: d["steps"][0].update(vendor="acme"),
    "steps[1].subject: no row of ": lambda d: d["steps"][1].update(subject="nobody"),
    "switches[0]: this sandbox has no such switch": lambda d: d["switches"][0].update(name="unknown"),
}


@pytest.mark.parametrize("field", list(SCHEMA_ERRORS))
def test_document_against_the_schema_is_refused(acme: OpenWorld, field: str) -> None:
    document = dump(acme)
    SCHEMA_ERRORS[field](document)
    assert not validator().is_valid(document)


@pytest.mark.parametrize("expected", list(ERRORS))
def test_wrong_document_is_refused_and_the_place_is_named(acme: OpenWorld, expected: str) -> None:
    document = dump(acme)
    ERRORS[expected](document)
    assert validator().is_valid(document)
    with pytest.raises(InvalidDumpError) as refused:
        load(acme, document, "other")
    messages = [f"{error.field}: {error.message}" for error in refused.value.errors]
    assert any(expected in message for message in messages), messages
    assert len(messages) <= MAX_ERRORS
    assert [tenant.name for tenant in acme.tenants.every()] == ["acme", "demo"]
    assert acme.tenants.stray_partitions() == []


def test_name_that_is_taken_or_wrong_is_refused(acme: OpenWorld) -> None:
    document = dump(acme)
    with pytest.raises(TenantExistsError):
        load(acme, document)
    document["tenant"]["plan"] = "gold"
    with pytest.raises(UnknownNameError, match='There is no plan named "gold"'):
        load(acme, document, "other")


def test_too_large_tenant_is_refused(acme: OpenWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.dumps.MAX_DUMP", 100_000)
    with pytest.raises(TooLargeError, match="would be larger than 100000 bytes"):
        dump(acme)


def test_others_run_in_between_and_see_a_complete_tenant(acme: OpenWorld) -> None:
    document = dump(acme)
    changes: list[int] = []
    seen: set[int] = set()

    def look() -> None:
        changes.append(acme.world.store._connection.total_changes)
        if acme.world.clocks.known("copy"):
            seen.add(len(everything(acme.world.store, "copy")["rows"]))

    async def story(bulk: Bulk) -> None:
        with observing(acme, look):
            await dumps_of(acme, bulk).load(document, "copy")
        look()

    run(acme, story)
    assert seen == {len(document["rows"])}
    assert max(after - before for before, after in pairwise(changes)) <= 600


def test_document_is_consistent_while_requests_run(acme: OpenWorld) -> None:
    turns = 0

    def write(id_: str) -> None:
        with acme.world.store.change() as change:
            change.put(row(id_, vendor="returnmate", kind="product", document=b"{}", summary=b"{}"))
            change.record(
                "acme", "returnmate", kind="order.created", subject=id_, at=NOON, body={"status": ""}
            )

    async def wait_and_write() -> None:
        await acme.world.clocks.catch_up_in_slices("acme")
        write("waited")

    def look() -> None:
        nonlocal turns
        turns += 1
        if turns in {2, 6}:
            write(f"running{turns}")
            tasks.append(asyncio.ensure_future(wait_and_write()))

    async def story(bulk: Bulk) -> None:
        with observing(acme, look):
            documents.append(orjson.loads(await dumps_of(acme, bulk).dump("acme", "")))
        await asyncio.gather(*tasks)

    tasks: list[asyncio.Future[None]] = []
    documents: list[Dump] = []
    run(acme, story)
    (document,) = documents
    assert {"running2", "running6"} <= {one["id"] for one in document["rows"]}
    assert [event["subject"] for event in document["events"]][-2:] == ["running2", "running6"]
    assert "waited" not in orjson.dumps(document).decode()
