"""ReturnMate's `report_problem` act: a parcel has a problem, and is delivered later."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.worlds import NOON, OpenWorld, open_world

from mock_server.engine.problem import Problem

NEW_RETURN = {
    "vendor": "returnmate",
    "order_number": "#2001",
    "customer_email": "iris.lane@example.com",
    "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
}


@pytest.fixture
def acme() -> Iterator[OpenWorld]:
    with open_world() as opened:
        opened.tenants.create("acme", seed_size=0, first_moment=NOON, frozen=True)
        yield opened


def shipment_of(acme: OpenWorld) -> str:
    """Create a return with a label, and return the ID of its shipment."""
    made: Any = acme.call("create_tenant_return", NEW_RETURN, tenant="acme").body
    move = {"vendor": "returnmate", "status": "approved"}
    acme.call("move_return", move, tenant="acme", id=made["id"])
    returns = acme.vendors["returnmate"]._returns
    row = acme.world.store.row("acme", "returnmate", "return", made["id"])
    with acme.world.store.change() as change:
        shipment: str = returns.label(change, "acme", row, {"carrier": "tnt"}, NOON)["id"]
    return shipment


def report(acme: OpenWorld, **inputs: Any) -> Any:
    answer: Any = acme.call("run_act", inputs, tenant="acme", vendor="returnmate", act="report_problem").body
    return answer["document"]


def test_reported_parcel_has_an_exception_and_is_delivered_later(acme: OpenWorld) -> None:
    id_ = shipment_of(acme)
    assert report(acme, shipment_id=id_, description="Lost at the depot")["status"] == "exception"
    scans = acme.world.store.children("acme", "returnmate", "tracking_event", id_)
    assert b"Lost at the depot" in scans[-1]
    acme.call("advance_clock", {"seconds": 5 * 86_400}, tenant="acme")
    row = acme.world.store.row("acme", "returnmate", "shipment", id_)
    assert row is not None
    assert row.status == "delivered"


def test_problem_is_refused_for_a_parcel_that_has_one_or_does_not_exist(acme: OpenWorld) -> None:
    id_ = shipment_of(acme)
    report(acme, shipment_id=id_)
    with pytest.raises(Problem, match="is exception, so its carrier reports no problem"):
        report(acme, shipment_id=id_)
    with pytest.raises(Problem, match="No shipment has the id shp_unknown"):
        report(acme, shipment_id="shp_unknown")
