"""Searches and actions that vendors share, against the sandbox, for every vendor."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import pytest
from support.each import each

import connector
import openapi
from connector.definition.compiler import CATALOGS, integration, join, vendors
from connector.definition.model import SharedAction, SharedSearch
from connector.errors import AuthenticationError, CatalogError, ConfigurationError, ValidationFailed
from connector.unified import UnifiedReturn, act, action_offer, find_all, poll_all, search_offer
from mock_server.testing import Sandbox as Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from support.sandbox import Sandbox

    from connector.runtime.connection import Connection
    from mock_server.testing import Tenant

pytestmark = pytest.mark.anyio

ITEM = {"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}
SEARCHES = get_args(SharedSearch)
ACTIONS = get_args(SharedAction)
OFFERED = [
    (vendor, action)
    for vendor in vendors()
    for action in ACTIONS
    if action_offer(integration(vendor), action).key
]
KEYS = {
    "order_number": {"order_number"},
    "customer_email": {"customer_email"},
    "number": {"rma_number", "return_id"},
}
"""The keys of the vendors' inputs for each shared value."""
AFTERWARDS = {"approve": "approved", "reject": "rejected", "cancel": "cancelled"}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def tenant(sandbox: Sandbox) -> Iterator[Tenant]:
    with Client(sandbox.url) as client:
        made = client.create_tenant("shared-steps", seed_size=30, first_moment="2026-03-02T09:00:00Z")
        yield made
        made.delete()


@pytest.fixture(scope="module")
async def shops(tenant: Tenant) -> AsyncIterator[dict[str, Connection]]:
    async with AsyncExitStack() as stack:
        found = {}
        for vendor in vendors():
            login = tenant.credentials(vendor)
            fields: dict[str, Any] = dict(login.fields)
            one = connector.open(integration(vendor), base_url=login.base_url, **fields)
            found[vendor] = await stack.enter_async_context(one)
        yield found


@pytest.fixture(scope="module")
async def known(shops: dict[str, Connection]) -> dict[str, UnifiedReturn]:
    """A return of each vendor."""
    polled = await poll_all(shops, "return_created", since=date(2020, 1, 1), include_assumed=True)
    assert polled.failed == {}
    return {event.vendor: event.record for event in polled.events if event.record}


def values(found: UnifiedReturn) -> dict[str, str | None]:
    email = found.customer.email if found.customer else None
    return {"order_number": found.order_number, "number": found.number or found.id, "customer_email": email}


@pytest.mark.parametrize("by", SEARCHES)
async def test_search_finds_the_returns_that_it_is_asked_for(
    by: str, shops: dict[str, Connection], known: dict[str, UnifiedReturn]
) -> None:
    assert set(known) == set(vendors())
    searched = Counter[str]()
    for vendor, record in each(known.items()):
        value: dict[str, Any] = {by: values(record)[by] or "?", "include_assumed": True}
        result = await find_all({vendor: shops[vendor]}, **value)
        assert result.failed == {}
        offer = search_offer(shops[vendor].integration, by)  # type: ignore[arg-type]
        assert (vendor in result.skipped) is (offer.key is None)
        if offer.key is None:
            assert result.skipped[vendor] == offer.why
            continue
        searched[vendor] += 1
        found = result.returns[vendor]
        assert record.id in {one.id for one in found}
        assert {values(one)[by] for one in found} == {values(record)[by]}
        assert result.limits.get(vendor, ()) == offer.limits
    assert len(searched) >= 3


async def test_one_search_asks_all_connections_and_none_fails_another(shops: dict[str, Connection]) -> None:
    refused = connector.open(
        "swap", base_url=str(shops["swap"].client.base_url), api_key="no", store_id="store_1"
    )
    async with refused:
        result = await find_all({**shops, "refused": refused}, order_number="#1001")
    assert result.returns.keys() | result.skipped.keys() | {"refused"} == {*shops, "refused"}
    assert isinstance(result.failed["refused"], AuthenticationError)
    found = [one for returns in result.returns.values() for one in returns]
    assert {one.order_number for one in each(found)} == {"#1001"}
    with pytest.raises(
        ConfigurationError, match="Search by one of order_number, number, customer_email; 2 are"
    ):
        await find_all(shops, order_number="#1001", number="1")


@pytest.mark.parametrize(("vendor", "action"), OFFERED)
async def test_action_changes_the_return(
    vendor: str, action: SharedAction, shops: dict[str, Connection], tenant: Tenant
) -> None:
    shop = shops[vendor]
    offer = action_offer(shop.integration, action)
    made = tenant.create_return(vendor, items=[ITEM])
    takes_text = "It takes no text." not in offer.limits
    if not takes_text:
        with pytest.raises(ValidationFailed, match="takes no text"):
            await act(shop, action, made.id, text="Checked", include_assumed=True)
    if offer.assumed:
        with pytest.raises(ConfigurationError, match="is only assumed"):
            await act(shop, action, made.id)
    await act(shop, action, made.id, text="Checked by hand" if takes_text else None, include_assumed=True)
    details = tenant.get_return(vendor, made.id)
    if action == "add_note":
        assert "Checked by hand" in str(details.document)
    else:
        unified = shop.integration.unified
        assert unified is not None
        assert unified.statuses[details.summary.status] == AFTERWARDS[action]


@pytest.mark.parametrize("vendor", vendors())
def test_every_action_of_that_name_is_shared(vendor: str) -> None:
    made = integration(vendor)
    named = {
        key
        for key in made.actions
        if key.endswith(("_note", "_comment")) or key.removesuffix("_return") in AFTERWARDS
    }
    assert named == {action_offer(made, name).key for name in ACTIONS} - {None}


@pytest.mark.parametrize("vendor", vendors())
def test_every_search_for_returns_by_a_shared_value_is_shared(vendor: str) -> None:
    made = integration(vendor)
    assert made.unified is not None
    for by in SEARCHES:
        able = [
            search.key
            for search in made.searches.values()
            if search.resource in made.unified.returns
            and any(field.key in KEYS[by] for field in search.inputs)
        ]
        assert bool(able) is bool(search_offer(made, by).key), (by, able)


async def test_a_return_of_another_vendor_or_without_an_id_is_refused(
    shops: dict[str, Connection], known: dict[str, UnifiedReturn]
) -> None:
    vendor, other = OFFERED[0][0], next(one for one in vendors() if one != OFFERED[0][0])
    for wrong in (known[other], known[vendor].model_copy(update={"id": None}), ""):
        with pytest.raises(ValidationFailed, match="the return is not one of"):
            await act(shops[vendor], OFFERED[0][1], wrong, include_assumed=True)


async def test_a_vendor_without_the_action_says_so(shops: dict[str, Connection]) -> None:
    missing = [(vendor, name) for vendor in vendors() for name in ACTIONS if (vendor, name) not in OFFERED]
    for vendor, name in each(missing):
        with pytest.raises(ConfigurationError, match="has no action to"):
            await act(shops[vendor], name, "1")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("{search: find_return, input: order_number}", "{search: find_x, input: order_number}", "find_x"),
        ("{search: find_return, input: order_number}", "{search: find_return, input: order}", "input order,"),
        (
            "{search: find_return, input: order_number}",
            "{search: get_reasons_report, input: x}",
            "lacks",
        ),
        ("{action: add_note, id: return_id,", "{action: add_x, id: return_id,", "add_x"),
        ("{action: add_note, id: return_id,", "{action: add_note, id: return,", "input return,"),
    ],
)
def test_mistakes_in_the_catalog_are_reported(right: str, wrong: str, complaint: str) -> None:
    text = (CATALOGS / "returnmate.yaml").read_text("utf-8")
    assert text.count(right) == 1
    with pytest.raises(CatalogError, match=complaint):
        join(openapi.read("returnmate"), text.replace(right, wrong), "returnmate.yaml")
