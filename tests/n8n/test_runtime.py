"""The handwritten part of the n8n packages against a small vendor: pages, limits, errors, order, login.

Each test runs for every vendor, with the list, the pages and the errors that its catalog describes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.n8n import N8nError, N8nPackage, credential, package_of, started, uses_engine
from support.pages import Pages
from support.requests.filters import FIRST_ID, Rows, at, with_value
from support.requests.zapier import serving

import openapi
from connector.definition.compiler import integration
from connector.definition.naming import camel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.requests.zapier import Vendor

    from connector.definition.model import InputField, Search, Trigger

VENDORS = openapi.vendors()
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRET = "sandbox-demo-secret-of-the-tests"
Answer = Callable[[httpx.Request], httpx.Response]

pytestmark = pytest.mark.skipif(uses_engine(), reason="the stand-in runs without n8n's own engine")


@dataclass
class Node:
    """A package of a vendor at a small server, with a credential."""

    vendor: str
    package: N8nPackage
    served: Vendor

    @property
    def account(self) -> dict[str, str]:
        fields = integration(self.vendor).authentication.fields
        return credential({one.key: f"{SECRET}-{one.key}" for one in fields}, self.served.url)

    def poll(
        self, trigger: Trigger, stored: dict[str, Any] | None = None, *, now: datetime = NOW, **more: Any
    ) -> tuple[list[str], dict[str, Any]]:
        """Poll once; return the IDs that fire, and what n8n stores."""
        parameters = {"event": camel(trigger.key), "filters": {}}
        answer = self.package.call(
            "poll", now=now, parameters=parameters, credential=self.account, staticData=stored or {}, **more
        )
        return [str(at(one["json"], trigger.source.id)) for one in answer["items"]], answer["staticData"]

    def run(self, search: Search, items: int = 1, **more: Any) -> list[dict[str, Any]]:
        """Run a search with the inputs that it requires."""
        described = self.package.description["node"]["properties"]
        resource = next(
            one["displayOptions"]["show"]["resource"][0]
            for one in described
            if one["name"] == "operation"
            and camel(search.key) in {each_["value"] for each_ in one["options"]}
        )
        inputs = {camel(one.key): value_for(search, one) for one in search.inputs if one.required}
        parameters = {"resource": resource, "operation": camel(search.key), **inputs, **more.pop("given", {})}
        found: list[dict[str, Any]] = self.package.call(
            "execute",
            now=NOW,
            parameters=parameters,
            credential=self.account,
            items=[{"json": {"n": number}} for number in range(items)],
            **more,
        )
        return found

    def waits(self) -> list[int]:
        found: list[int] = self.package.call("waits")
        return found


def always(answer: httpx.Response, _request: httpx.Request) -> httpx.Response:
    return answer


@contextmanager
def node(vendor: str, answer: Answer) -> Iterator[Node]:
    with serving(vendor, answer) as served, started(package_of(vendor)) as package:
        package.call("waits")
        yield Node(vendor, package, served)


def a_list(vendor: str) -> Search:
    """Return a search of the node that lists records, and needs no filter."""
    made = integration(vendor)
    return next(
        one
        for one in made.searches.values()
        if one.kind in {"list", "find"} and made.operations[one.operation].paging and not one.at_least_one
    )


def value_for(search: Search, field: InputField) -> str:
    """Return a value for a required input; rows with the sample's values match it."""
    known = [value for path in field.found_at if (value := at(search.sample, path))]
    return str(known[0]) if known else {"datetime": "2026-10-31T09:30:00Z"}.get(field.type, "17")


def polled(vendor: str) -> list[Trigger]:
    """Return a trigger for each way of polling that the vendor's package has."""
    found: dict[tuple[str, bool], Trigger] = {}
    for one in integration(vendor).triggers.values():
        if "n8n" in one.guarantees and (not one.runtimes or "n8n" in one.runtimes):
            found.setdefault((one.source.strategy, rereads(one)), one)
    return list(found.values())


def rereads(trigger: Trigger) -> bool:
    """Check whether n8n reads a list again that changed meanwhile; not if it reads the newest rows only."""
    return trigger.source.since is not None or getattr(trigger.source, "state", None) is not None


def rows_of(trigger: Trigger, count: int, when: datetime) -> list[dict[str, Any]]:
    """Return rows that fire, newest first: each a second older than the one before it."""
    found = []
    for number in range(count):
        made = Rows(trigger, when - timedelta(seconds=number))
        made.add_at(("n",), number)
        id_ = at(made.rows[0], trigger.source.id)
        new = FIRST_ID + count - number
        found.append(with_value(made.rows[0], trigger.source.id, new if isinstance(id_, int) else str(new)))
    return found


def ids_of(trigger: Trigger, rows: list[dict[str, Any]]) -> list[str]:
    return [str(at(row, trigger.source.id)) for row in rows]


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_row_of_a_long_list_fires_once_over_several_polls(vendor: str) -> None:
    """A poll that stops at its page limit is continued by the next one."""
    for trigger in each(polled(vendor)):
        pages = Pages(vendor, trigger.source.operation)
        with node(vendor, pages) as here:
            assert here.poll(trigger, now=NOW - timedelta(hours=1))[0] == []
            _, stored = here.poll(trigger, now=NOW - timedelta(hours=1))
            pages.rows = rows_of(trigger, 40, NOW - timedelta(minutes=5))
            fired: list[str] = []
            for turn in range(20):
                found, stored = here.poll(trigger, stored, now=NOW + timedelta(seconds=turn))
                fired += found
        assert sorted(fired) == sorted(ids_of(trigger, list(pages.rows))), trigger.key


@pytest.mark.parametrize("vendor", VENDORS)
def test_events_of_a_poll_are_sorted_and_what_was_there_does_not_fire(vendor: str) -> None:
    for trigger in each(polled(vendor)):
        pages = Pages(vendor, trigger.source.operation, most=50)
        old = rows_of(trigger, 3, NOW - timedelta(hours=2))
        pages.rows = [with_value(row, trigger.source.id, other(trigger, row, 90)) for row in old]
        with node(vendor, pages) as here:
            found, stored = here.poll(trigger, now=NOW - timedelta(hours=1))
            assert found == []
            new = rows_of(trigger, 4, NOW - timedelta(minutes=5))
            pages.rows = in_order(trigger, [*new, *pages.rows])
            found, stored = here.poll(trigger, stored)
            assert found == ids_of(trigger, new)[::-1], f"{trigger.key} is not oldest first"
            assert here.poll(trigger, stored)[0] == []


def in_order(trigger: Trigger, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows, newest first, in the order in which the trigger asks for them."""
    order = trigger.source.order
    return rows[::-1] if trigger.source.since and order and order.oldest_first else rows


def other(trigger: Trigger, row: dict[str, Any], more: int) -> Any:
    id_ = at(row, trigger.source.id)
    return id_ + more if isinstance(id_, int) else str(int(id_) + more)


@pytest.mark.parametrize("vendor", VENDORS)
def test_list_whose_total_falls_is_read_again(vendor: str) -> None:
    """A row that leaves a page that was read already moves another row to that page."""
    for trigger in each(polled(vendor)):
        operation = integration(vendor).operations[trigger.source.operation]
        paging = integration(vendor).paging[operation.paging or ""]
        if not paging.total or not rereads(trigger):
            continue
        pages = Pages(vendor, operation.id)

        def answer(request: httpx.Request, pages: Pages = pages) -> httpx.Response:
            pages.total = len(pages.rows) - min(len(pages.asked), 1)
            return pages(request)

        with node(vendor, answer) as here:
            _, stored = here.poll(trigger, now=NOW - timedelta(hours=1))
            before = json.loads(stored["node:Node"]["memory"])["watermark"]
            pages.asked.clear()
            pages.rows = rows_of(trigger, 5, NOW - timedelta(minutes=5))
            _, stored = here.poll(trigger, stored)
            memory = json.loads(stored["node:Node"]["memory"])
        assert len(pages.asked) > 1
        assert (memory["held"], memory["watermark"]) == (1, before), trigger.key


@pytest.mark.parametrize("vendor", VENDORS)
def test_limit_ends_a_list_and_all_results_are_every_page(vendor: str) -> None:
    search = a_list(vendor)
    pages = Pages(vendor, search.operation, [{**search.sample, "number": n} for n in range(8)])
    with node(vendor, pages) as here:
        assert [one["json"]["number"] for one in here.run(search, given={"limit": 4})] == [0, 1, 2, 3]
        assert len(pages.asked) == 2
        found = here.run(search, given={"returnAll": True})
        assert [one["json"]["number"] for one in found] == list(range(8))


@pytest.mark.parametrize("vendor", VENDORS)
def test_item_that_fails_becomes_an_error_and_the_others_go_on(vendor: str) -> None:
    search = a_list(vendor)
    pages = Pages(vendor, search.operation, [search.sample])

    def answer(request: httpx.Request) -> httpx.Response:
        done = pages(request)
        return done if len(pages.asked) in (1, 4) else httpx.Response(500, json={})

    with node(vendor, answer) as here:
        items = here.run(search, items=4, continueOnFail=True, given={"limit": 1})
        assert [one["pairedItem"]["item"] for one in items] == [0, 1, 2, 3]
        assert [sorted(one["json"]) == ["error"] for one in items] == [False, True, True, False]
        pages.asked.clear()
        with pytest.raises(N8nError, match="on its side"):
            here.run(search, items=4, given={"limit": 1})
        assert len(pages.asked) == 2


DATE = "Sun, 01 Nov 2026 11:00:00 GMT"
"""The vendor's clock is an hour late, so that a date is not compared with n8n's clock."""
WAITS = {
    "7": 7,
    "0": 1,
    "2.5": 3,
    "Sun, 01 Nov 2026 11:00:09 GMT": 9,
    "Sun, 01 Nov 2026 10:59:00 GMT": 1,
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_rate_limit_is_waited_for_as_long_as_the_vendor_says(vendor: str) -> None:
    search, trigger = a_list(vendor), polled(vendor)[0]
    refusals: list[httpx.Response] = []
    pages = Pages(vendor, search.operation, [search.sample])

    def answer(request: httpx.Request) -> httpx.Response:
        return refusals.pop() if refusals else pages(request)

    with node(vendor, answer) as here:
        for asked, seconds in each(WAITS.items()):
            refusal = httpx.Response(429, json={}, headers={"retry-after": asked, "date": DATE})
            refusals.append(refusal)
            assert len(here.run(search, given={"limit": 1})) == 1
            assert here.waits() == [seconds * 1000], asked
            refusals.append(refusal)
            with pytest.raises(N8nError, match=f"Try again in {seconds} seconds"):
                here.poll(trigger)
            assert here.waits() == [], "a poll does not wait"
        refusals += [httpx.Response(429, json={}) for _ in range(3)]
        with pytest.raises(N8nError, match="too many requests"):
            here.run(search)
        assert here.waits() == [2_000, 4_000]
        refusals.append(httpx.Response(429, json={}, headers={"retry-after": "61"}))
        with pytest.raises(N8nError, match="Try again in 61 seconds"):
            here.run(search)
        assert here.waits() == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_redirect_is_not_followed(vendor: str) -> None:
    search = a_list(vendor)
    for status in each((301, 302, 303, 307, 308)):
        away = httpx.Response(status, headers={"location": "http://127.0.0.1:9/"}, json={})
        with node(vendor, partial(always, away)) as here:
            with pytest.raises(N8nError, match="Redirects are not followed"):
                here.run(search)
            path = integration(vendor).operations[search.operation].path.rpartition("}")[2]
            assert len([one for one in here.served.arrived if one.url.path.endswith(path)]) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_secret_is_hidden_wherever_a_message_repeats_it(vendor: str) -> None:
    made, search = integration(vendor), a_list(vendor)
    secret = next(f"{SECRET}-{one.key}" for one in made.authentication.fields if one.secret)
    text = f"Twice {secret} and {secret}."
    message: Any = text
    for name in reversed(made.errors.message):
        message = {name: message}
    with node(vendor, partial(always, httpx.Response(400, json=message))) as here:
        with pytest.raises(N8nError) as caught:
            here.run(search)
        assert "Twice [hidden] and [hidden]." in caught.value.message


OPENS_SESSIONS = [
    one
    for one in VENDORS
    if integration(one).authentication.tokens and not integration(one).authentication.field
]
"""The vendors whose login is exchanged for a token; others ask for a token itself."""
REFUSED_LOGINS = {
    400: "did not accept this login",
    429: "while logging in. Try again in a minute",
    500: "reported a problem on its side while logging in",
}


@pytest.mark.parametrize("vendor", OPENS_SESSIONS)
def test_session_is_opened_renewed_once_and_explained(vendor: str) -> None:
    made, search = integration(vendor), a_list(vendor)
    tokens = made.authentication.tokens
    assert tokens is not None
    grant = made.operations[tokens.operation].path
    pages = Pages(vendor, search.operation, [search.sample])
    refused: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(refused.pop(), json={}) if refused else pages(request)

    with node(vendor, answer) as here:
        if not any(
            one.get("name") == "sessionToken" for one in here.package.description["credential"]["properties"]
        ):
            pytest.skip("The package asks for a token.")
        here.run(search)
        here.run(search)
        paths = [one.url.path for one in here.served.arrived]
        assert paths.count(grant) == 1, "a session is kept"
        refused.append(401)
        here.run(search)
        assert [one.url.path for one in here.served.arrived].count(grant) == 2
        refused += [401, 401]
        with pytest.raises(N8nError, match="did not accept"):
            here.run(search)
        sentences = {
            400: "did not accept this login",
            429: "while logging in. Try again in a minute",
            500: "on its side",
        }
        for status, sentence in each(sentences.items()):
            here.served.grant = ""
            refused[:] = [status, 401]
            with pytest.raises(N8nError, match=sentence):
                here.run(search)
