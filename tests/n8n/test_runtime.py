"""The handwritten part of the n8n packages against a small vendor: pages, limits, errors, order, login.

Each test runs for every vendor, with the list, the pages and the errors that its catalog describes.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.each import each
from support.n8n import N8nError, uses_engine
from support.n8n_node import NOW, SECRET, a_list, always, ids_of, node, polled, rereads, rows_of
from support.pages import Pages
from support.requests.filters import at, with_value

import openapi
from connector.definition.compiler import integration

if TYPE_CHECKING:
    from connector.definition.model import Trigger

VENDORS = openapi.vendors()
pytestmark = pytest.mark.skipif(uses_engine(), reason="the stand-in runs without n8n's own engine")


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
            if has_times(trigger):  # a list may be in another order than the events
                pages.rows = [pages.rows[place] for place in (1, 0, 3, 2, *range(4, len(pages.rows)))]
            found, stored = here.poll(trigger, stored)
            assert found == ids_of(trigger, new)[::-1], f"{trigger.key} is not oldest first"
            assert here.poll(trigger, stored)[0] == []


def has_times(trigger: Trigger) -> bool:
    """Check whether the rows have the time by which events are sorted, in a list that may be in any order."""
    source = trigger.source
    times = [getattr(source, name, None) for name in ("created", "changed", "mark")]
    return any(times) and (source.since is not None or source.strategy == "snapshot")


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
    "Sunday, 01-Nov-26 11:00:09 GMT": 9,
    "Sun Nov  1 11:00:09 2026": 9,
    "Sun, 01 Nov 2026 13:00:09 +0200": 9,
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
def test_redirect_is_not_followed_and_its_message_names_the_address(vendor: str) -> None:
    search = a_list(vendor)
    answers = [httpx.Response(200)]
    path = integration(vendor).operations[search.operation].path.rpartition("}")[2]
    with node(vendor, lambda _request: answers[0]) as here:
        hints = {"http://127.0.0.1:9/": False, "https://evil.example.com/": False, "/moved?key=x": True}
        for status in each((301, 302, 303, 307, 308)):
            for target, useful in each(hints.items()):
                answers[0] = httpx.Response(status, headers={"location": target}, json={})
                here.served.arrived.clear()
                with pytest.raises(N8nError, match="Redirects are not followed") as caught:
                    here.run(search)
                assert len([one for one in here.served.arrived if one.url.path.endswith(path)]) == 1
                assert f" redirects {here.served.url}" in caught.value.message
                assert (f"Use the address {here.served.url}/moved instead." in caught.value.message) is useful
        answers[0] = httpx.Response(304)
        with pytest.raises(N8nError, match=r"sent no result \(status 304\)"):
            here.run(search)


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


def test_first_poll_reads_no_further_back_than_the_trigger_can_compare() -> None:
    """A list that cannot be filtered by time is read from its newest record on."""
    unfiltered = [
        (vendor, trigger)
        for vendor in VENDORS
        for trigger in polled(vendor)
        if trigger.source.since is None and trigger.source.strategy != "snapshot"
    ]
    for vendor, trigger in each(unfiltered):
        pages = Pages(vendor, trigger.source.operation, rows_of(trigger, 30, NOW - timedelta(days=90)))
        with node(vendor, pages) as here:
            assert here.poll(trigger)[0] == []
        assert len(pages.asked) == 1, trigger.key
