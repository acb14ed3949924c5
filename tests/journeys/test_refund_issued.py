"""ReturnMate's Refund Issued: a completed return has a refund, unless the customer receives a product."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest
from support.merchant import Merchant, VendorSandbox

import connector
from connector.runtime.polling import Event

WAY = ("approved", "label_sent", "in_transit", "received", "inspected", "completed")


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    backend = VendorSandbox.open("returnmate")
    made = backend.merchant()
    yield made
    made.close()
    backend.close()


async def events_of(merchant: Merchant, *returns: str) -> tuple[Event, ...]:
    """Complete the returns, and return the events of the poll after it, with details."""
    opened = connector.open(
        "returnmate",
        base_url=merchant.base_url,
        transport=merchant.transport,
        clock=merchant.now,
        **merchant.fields,
    )
    async with opened as rm:
        trigger = rm.triggers["refund_issued"]
        cursor = (await trigger.poll()).cursor
        for id_ in returns:
            for status in WAY:
                merchant.move(id_, status)
        return (await trigger.poll(cursor)).events


def test_refund_is_reported_with_its_amount_and_time(merchant: Merchant) -> None:
    id_ = merchant.ask_for_return()
    (event,) = asyncio.run(events_of(merchant, id_))
    refund = merchant.document(id_)["refund"]
    assert refund["amount"] > 0
    assert event.data["details"]["refund"] == {**refund, "amount": Decimal(str(refund["amount"]))}
    assert event.occurred_at is not None
    assert event.occurred_at.isoformat().startswith(refund["issued_at"].removesuffix("Z"))


@pytest.mark.parametrize("return_type", ["exchange", "refund", "store_credit"])
def test_only_a_return_with_a_refund_fires(merchant: Merchant, return_type: str) -> None:
    fires = return_type != "exchange"
    id_ = merchant.ask_for_return(return_type=return_type)
    events = asyncio.run(events_of(merchant, id_))
    assert [event.data["id"] for event in events] == ([id_] if fires else [])
    assert bool(merchant.document(id_)["refund"]) == fires, "the sandbox issues refunds of these types only"
