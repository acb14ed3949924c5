"""One login for many shops: `shop` shares the login, the limits and the network connections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from support.any_vendor import HOST, body, open_any
from support.each import each

import connector
from connector.definition.compiler import integration, vendors
from connector.definition.model import Limits, Plan, Window
from connector.errors import ConfigurationError, NotFound
from connector.runtime.blocking import SyncConnection

if TYPE_CHECKING:
    from support.fake_vendor import Time

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection

pytestmark = pytest.mark.anyio

SHOPS = [vendor for vendor in vendors() if len(integration(vendor).authentication.shop_fields) == 1]
OTHERS = [vendor for vendor in vendors() if vendor not in SHOPS]


def reads_the_first_list(connection: Connection) -> Any:
    login = connection.integration.authentication
    return connection.operations[login.test_operation](**login.test_query)


def opened(vendor: str | Integration, time: Time, arrived: list[httpx.Request]) -> Connection:
    made = integration(vendor) if isinstance(vendor, str) else vendor
    operation = made.operations[made.authentication.test_operation]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=body(operation, []))

    return open_any(made, time, answer, arrived)


def test_vendors_with_and_without_shops_are_both_tested() -> None:
    assert SHOPS
    assert OTHERS


@pytest.mark.parametrize("vendor", SHOPS)
async def test_each_request_names_its_own_shop_and_the_same_key(vendor: str, time: Time) -> None:
    arrived: list[httpx.Request] = []
    first = opened(vendor, time, arrived)
    for connection in (
        first,
        first.shop("b.example.com"),
        first.shop(" c.example.com ").shop("d.example.com"),
        first,
    ):
        await reads_the_first_list(connection)
    (field,) = first.integration.authentication.shop_fields
    own = f"https://{field}.example.com"
    sent = [f"{request.url.params} {request.headers}" for request in arrived]
    for text, name in zip(each(sent), (own, "b.example.com", "d.example.com", own), strict=True):
        assert name in text.replace("%3A%2F%2F", "://")
        assert not [
            other for other in ("b.", "c.", "d.") if f"{other}example.com" in text and other not in name
        ]
        assert first.integration.authentication.field.replace("_", "") in text.replace("_", "")


@pytest.mark.parametrize("vendor", SHOPS)
async def test_shops_share_the_limits_of_the_login(vendor: str, time: Time) -> None:
    window = Window(requests=2, seconds=1)
    limits = Limits(plans=(Plan(name="small", windows=(window,)),), throttle=window)
    first = opened(integration(vendor).model_copy(update={"limits": limits}), time, [])
    second = first.shop("b.example.com")
    for connection in (first, second):
        await connection.client.pace.admit("a request without an answer, which would set other limits")
    assert time.slept == []
    await reads_the_first_list(second)
    assert time.slept == [1]


@pytest.mark.parametrize("vendor", SHOPS)
async def test_closing_a_shop_leaves_the_connection_open(vendor: str, time: Time) -> None:
    arrived: list[httpx.Request] = []
    async with opened(vendor, time, arrived) as first:
        async with first.shop("b.example.com") as second:
            await reads_the_first_list(second)
        await reads_the_first_list(first)
    assert len(arrived) == 2


@pytest.mark.parametrize("vendor", SHOPS)
def test_synchronous_shops_share_one_thread(vendor: str, time: Time) -> None:
    arrived: list[httpx.Request] = []
    with SyncConnection(opened(vendor, time, arrived)) as first:
        login = first.integration.authentication
        with first.shop("b.example.com") as second:
            second.operations[login.test_operation](**login.test_query)
        first.operations[login.test_operation](**login.test_query)
    assert len(arrived) == 2


@pytest.mark.parametrize("vendor", SHOPS)
async def test_errors_name_the_shop(vendor: str, time: Time) -> None:
    first = open_any(vendor, time, lambda _request: httpx.Response(404, json={}))
    made = first.integration
    read = next(one for one in made.operations.values() if one.method == "GET" and not one.paging)
    values = dict.fromkeys(re.findall(r"{(\w+)}", read.path), "1")
    with pytest.raises(NotFound) as caught:
        await first.shop("b.example.com").operations[read.id](**values)
    assert caught.value.profile == "b.example.com"


@pytest.mark.parametrize("vendor", OTHERS)
def test_other_vendors_say_that_a_login_is_for_one_shop(vendor: str, time: Time) -> None:
    with pytest.raises(ConfigurationError, match="is for one shop"):
        opened(vendor, time, []).shop("b.example.com")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "shöp"])
def test_name_that_cannot_be_sent_is_refused(name: str) -> None:
    rg = connector.open("returngo", base_url=HOST, api_key="k", shop_name="a.example.com")
    with pytest.raises(ConfigurationError, match="shop_name of ReturnGO cannot be"):
        rg.shop(name)
