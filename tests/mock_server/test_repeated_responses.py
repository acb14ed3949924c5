"""Responses to repeated requests are kept, and are always equal to those that are computed again.

Every request of a walk is sent three times: two times as clients send it, so that the second response may be
a kept one, and once with an unknown preference, for which the engine keeps nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from support.each import each
from support.in_process_client import opened
from support.vendor_operations import Operation, operations

import openapi
from mock_server import vendors
from mock_server.app import Sandbox
from mock_server.engine.repeated import Kept, Place, Repeated
from mock_server.store import tables
from mock_server.vendors.returngo.facts import SHOPS

TENANTS = ("demo", "other")
COMPUTED_AGAIN = {"prefer": "handling=lenient"}
STEPS = 50
NEVER_KEPT = {"exsited": {"get_invoice_pdf"}}
"""Operations whose responses are never kept, because they are files."""
OTHER_HEADERS = {"returngo": [{"x-shop-name": shop} for shop in SHOPS]}
"""Headers that select what an account shows; a walk sends each request with all of them."""


@dataclass
class Hits:
    """Counts the kept responses that are sent, keyed by vendor and operation."""

    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    total: int = 0


@dataclass
class Walk:
    """Random changes and reads of two tenants at all vendors."""

    app: Sandbox
    client: httpx.Client
    random: Random
    keys: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sent: dict[str, list[tuple[str, Operation, dict[str, str]]]] = field(default_factory=dict)
    ending: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    reads: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def control(self, method: str, path: str, **body: Any) -> httpx.Response:
        return self.client.request(method, f"/__sandbox{path}", json=body or None)

    def set_up(self) -> None:
        self.control("POST", "/tenants", name="other", seed=7, seed_size=8)
        for tenant in TENANTS:
            self.control("POST", f"/tenants/{tenant}/clock/freeze")
            found = self.control("GET", f"/tenants/{tenant}/credentials").json()["vendors"]
            self.keys |= {(tenant, vendor): one for vendor, one in found.items()}
            self.control("POST", f"/tenants/{tenant}/snapshots", name="begin")

    def change(self) -> None:
        """Change something, or try to; the faults and switches of the previous change end."""
        for path, body in self.ending:
            self.control("PUT" if body else "DELETE", path, **body)
        self.ending.clear()
        random, tenant = self.random, self.random.choice(TENANTS)
        vendor = random.choice(openapi.vendors())
        acts: Sequence[Callable[[], Any]] = (
            lambda: self.write(tenant, vendor),
            lambda: self.move(tenant, vendor),
            lambda: self.move(tenant, vendor),
            lambda: self.control(
                "POST", f"/tenants/{tenant}/clock/advance", seconds=random.choice((1, 90_000))
            ),
            lambda: self.switch(tenant),
            lambda: self.fault(tenant),
            lambda: self.control("POST", f"/tenants/{tenant}/snapshots/begin/restore"),
            lambda: self.control("POST", f"/tenants/{tenant}/reset", seed=random.randrange(3)),
        )
        random.choice(acts)()
        self.control("POST", f"/tenants/{tenant}/clock/freeze")  # a reset lets the clock run

    def write(self, tenant: str, vendor: str) -> None:
        """Send a write whose body is an example of the specification to the vendor's API."""
        writes = [one for one in operations(vendor) if one.method in {"post", "put", "patch"}]
        self.send(tenant, vendor, self.random.choice(writes), {})

    def move(self, tenant: str, vendor: str) -> None:
        returns = self.control("GET", f"/tenants/{tenant}/returns?vendor={vendor}").json()["returns"]
        if returns:
            one = self.random.choice(returns)
            statuses = sorted(vendors.load(vendor, self.app.world).lifecycle.states)
            for status in self.random.sample(statuses, k=min(4, len(statuses))):
                self.control(
                    "POST", f"/tenants/{tenant}/returns/{one['id']}/move", vendor=vendor, status=status
                )

    def switch(self, tenant: str) -> None:
        one = self.random.choice(self.control("GET", f"/tenants/{tenant}/switches").json()["switches"])
        body = {name: one[name] for name in ("vendor", "name", "shop") if one[name]}
        self.control("PUT", f"/tenants/{tenant}/switches", on=True, **body)
        self.ending.append((f"/tenants/{tenant}/switches", {"on": False, **body}))

    def fault(self, tenant: str) -> None:
        what = self.random.choice(("server_error", "late_record", "repeated_page", "empty_body"))
        self.control("POST", f"/tenants/{tenant}/faults", what=what)
        self.ending.append((f"/tenants/{tenant}/faults", {}))

    def read(self, vendor: str, hits: Hits) -> None:
        """Send one request three times, and compare the responses."""
        tenant = self.random.choice(TENANTS)
        readable = [one for one in operations(vendor) if one.method == "get" or one.body is not None]
        operation = self.random.choice(readable)
        if operation.body is not None:
            body: Any = self.random.choice(({}, [], {"items": 0}, {"unknown_field_of_nobody": 1}))
            operation = operation.with_body(body)
        encoding = {"accept-encoding": self.random.choice(("identity", "gzip"))}
        method = "HEAD" if operation.method == "get" and self.random.random() < 0.2 else ""
        values = self.values(tenant, vendor, operation)
        earlier = self.sent.setdefault(vendor, [])
        if earlier and self.random.random() < 0.6:  # changes affect what was read before
            tenant, operation, values = self.random.choice(earlier)
        else:
            earlier.append((tenant, operation, values))
        for headers in OTHER_HEADERS.get(vendor, [{}]):
            self.compare(tenant, vendor, operation, {**encoding, **headers}, method, values, hits)

    def compare(
        self,
        tenant: str,
        vendor: str,
        operation: Operation,
        headers: Mapping[str, str],
        method: str,
        values: Mapping[str, str],
        hits: Hits,
    ) -> None:
        first, again = (self.send(tenant, vendor, operation, headers, method, values) for _ in range(2))
        before = hits.total
        computed = self.send(tenant, vendor, operation, {**headers, **COMPUTED_AGAIN}, method, values)
        assert hits.total == before, "a response with a preference is computed"
        is_read = "x-sandbox-fault" not in first.headers and operation.method == "get"
        if is_read or (operation.body is not None and first.status_code == httpx.codes.BAD_REQUEST):
            assert shown(first) == shown(again) == shown(computed), (operation, headers, values)
        if "x-sandbox-fault" not in first.headers:
            self.reads[vendor, operation.id, first.status_code] += 1

    def values(self, tenant: str, vendor: str, operation: Operation) -> dict[str, str]:
        """Choose the values of parameters among the records that exist, and among unknown ones."""
        table, store = tables.rows, self.app.world.store
        columns = (table.c.id, table.c.parent, table.c.status, table.c.customer_email, table.c.order_number)
        mine = (table.c.tenant == store.partition(tenant), table.c.vendor == vendor)
        rows = store.select(sa.select(*columns).where(*mine).order_by(table.c.sequence.desc()).limit(60))
        if not rows:
            return {}
        row = self.random.choice(rows)
        found: dict[str, str] = {}
        in_path = [one["name"] for one in operation.parameters if one["in"] == "path"]
        parts = [str(row[0])] if len(in_path) == 1 else [str(row[1]), str(row[0]), "1"]
        found |= dict(zip(in_path, parts, strict=False))
        for one in operation.parameters:
            if one["in"] == "query" and (one.get("required") or self.random.random() < 0.35):
                found[one["name"]] = self.value(one["schema"], [str(word) for word in row if word])
        return found

    def value(self, schema: Mapping[str, Any], words: Sequence[str]) -> str:
        if "enum" in schema:
            return str(self.random.choice(schema["enum"]))
        if schema.get("type") == "integer":
            return str(self.random.randrange(4))
        if schema.get("format") in {"date", "date-time"}:
            return "2026-03-01"
        return str(self.random.choice([*words, schema.get("example", "x")]))

    def send(
        self,
        tenant: str,
        vendor: str,
        operation: Operation,
        headers: Mapping[str, str],
        method: str = "",
        values: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        key, values = self.keys[tenant, vendor], values or {}
        path = operation.path
        for one in operation.parameters:
            if one["in"] == "path":
                path = path.replace(f"{{{one['name']}}}", values.get(one["name"]) or "1")
        names = [one["name"] for one in operation.parameters if one["in"] == "query"]
        query = {name: values[name] for name in names if name in values}
        request = self.client.build_request(
            method or operation.method.upper(),
            httpx.URL(key["base_url"]).path.rstrip("/") + path,
            params={**query, **key["query"]},
            headers={**key["headers"], **headers},
            json=operation.body,
        )
        return self.client.send(request)


def shown(response: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return what a client sees, with the body decompressed."""
    headers = [
        (name, value) for name, value in response.headers.multi_items() if name != "preference-applied"
    ]
    return response.status_code, headers, response.content


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> Hits:
    counted, find = Hits(), Repeated.find

    def found(self: Repeated, place: Place) -> Kept | None:
        kept = find(self, place)
        if kept is not None:
            counted.total += 1
        if kept is not None and kept.problem is None:
            counted.found[place.grant.vendor, place.key[1]] += 1  # type: ignore[index]
        return kept

    monkeypatch.setattr(Repeated, "find", found)
    return counted


@pytest.fixture
def walk() -> Iterator[Walk]:
    with opened(seed_size=8, first_moment="2026-03-02T09:00:00Z") as (app, client):
        made = Walk(app, client, Random(16))
        made.set_up()
        yield made


def test_kept_responses_are_those_that_would_be_computed(walk: Walk, hits: Hits) -> None:
    for _ in range(STEPS):
        walk.change()
        for vendor in openapi.vendors():
            walk.read(vendor, hits)
    for vendor in each(openapi.vendors()):
        answered = {id_ for of, id_, status in walk.reads if of == vendor and status == httpx.codes.OK} & {
            one.id for one in operations(vendor) if one.method == "get"
        }
        kept = {id_ for of, id_ in hits.found if of == vendor}
        never = NEVER_KEPT.get(vendor, set())
        assert answered - never, "the walk reads something"
        assert answered - kept <= never, "everything that was read is kept"
        assert not never & kept, "the exclusion is still needed"
        assert never <= {one.id for one in operations(vendor)}


def test_repeated_refusal_of_a_body_is_kept_with_its_errors(walk: Walk, hits: Hits) -> None:
    for vendor in each(openapi.vendors()):
        operation = next(one for one in operations(vendor) if one.body is not None).with_body({"items": 0})
        before = hits.total
        first, again = (walk.send("demo", vendor, operation, {}) for _ in range(2))
        assert (first.status_code, hits.total) == (again.status_code, before + 1), vendor
        assert shown(first) == shown(again)
        newest = walk.control("GET", "/tenants/demo/requests?limit=2").json()["requests"]
        assert newest[0]["errors"] == newest[1]["errors"] != []
        assert newest[0]["verdict"] == newest[1]["verdict"]
        other = walk.send("demo", vendor, operation, {"content-type": "text/plain"})
        assert (other.status_code, hits.total) != (first.status_code, before + 2), "the headers differ"


def test_response_is_kept_for_the_shop_in_the_headers(walk: Walk, hits: Hits) -> None:
    operation = next(one for one in operations("returngo") if one.id == "list_rmas")
    shops = OTHER_HEADERS["returngo"]
    size = {"pagesize": "9"}
    found = [
        walk.send("demo", "returngo", operation, shop, values=size).content
        for shop in (*shops, shops[-1], *shops)
    ]
    assert len(set(found)) == len(shops) > 1
    assert found[: len(shops)] == found[-len(shops) :]
    assert hits.total == 1, "one response is kept for a path and query, that of the last shop"


def test_kept_response_counts_as_a_request(walk: Walk, hits: Hits) -> None:
    change = {"windows": {"minute": 2}}
    walk.control("PATCH", "/tenants/demo/keys/returnmate/default", **change)
    walk.control("POST", "/tenants/demo/clock/unfreeze")
    operation = next(one for one in operations("returnmate") if one.id == "list_returns")
    found = [walk.send("demo", "returnmate", operation, {}) for _ in range(3)]
    assert [one.status_code for one in found] == [200, 200, 429]
    assert [one.headers["x-ratelimit-remaining"] for one in found] == ["1", "0", "0"]
    assert hits.total == 1


@pytest.mark.parametrize("what", ["server_error", "empty_body"])
def test_fault_applies_to_a_request_whose_response_is_kept(walk: Walk, hits: Hits, what: str) -> None:
    operation = next(one for one in operations("returnmate") if one.id == "list_returns")
    plain = [walk.send("demo", "returnmate", operation, {}) for _ in range(2)][1]
    assert hits.total == 1
    made = walk.control("POST", "/tenants/demo/faults", what=what)
    assert made.status_code == httpx.codes.CREATED
    disturbed = walk.send("demo", "returnmate", operation, {})
    assert disturbed.headers["x-sandbox-fault"] == made.json()["id"]
    assert disturbed.content != plain.content
    walk.control("DELETE", "/tenants/demo/faults")
    assert shown(walk.send("demo", "returnmate", operation, {})) == shown(plain)


def test_undone_changes_are_not_kept(walk: Walk) -> None:
    store = walk.app.world.store
    versions = [store.version]
    with suppress(LookupError), store.change() as change:
        change.put_document("demo", "returnmate", "return", "rma_1", {}, created_at=1)
        versions.append(store.version)
        raise LookupError
    versions.append(store.version)
    store.hold()
    with store.change():
        versions.append(store.version)
    store.undo_held()
    versions.append(store.version)
    assert len(set(versions)) == len(versions)
    assert versions == sorted(versions)


def test_nothing_is_kept_after_a_commit(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise, the data of a forgotten customer would stay in memory until the next request."""
    keeping: list[Repeated] = []
    keep = Repeated.keep

    def kept(self: Repeated, place: Place, one: Kept) -> None:
        keep(self, place, one)
        keeping.append(self)

    monkeypatch.setattr(Repeated, "keep", kept)
    operation = next(one for one in operations("returnmate") if one.id == "list_returns")
    walk.send("demo", "returnmate", operation, {})
    assert [len(one._kept) for one in keeping] == [1]
    walk.control("POST", "/tenants/demo/clock/advance", seconds=1)
    assert keeping[0]._kept == {}


def test_memory_of_kept_responses_is_limited(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    keep = Repeated.keep

    def kept(self: Repeated, place: Place, one: Kept) -> None:
        self._max_bytes = 8_000
        keep(self, place, one)
        sizes.append(sum(other.size for other in self._kept.values()))

    monkeypatch.setattr(Repeated, "keep", kept)
    operation = next(one for one in operations("returnmate") if one.id == "list_shipments")
    for number in range(40):
        walk.send("demo", "returnmate", operation, {}, values={"page": str(number)})
    assert len(sizes) == 40
    assert 0 < max(sizes) <= 8_000
    assert sizes[-1] > 0
