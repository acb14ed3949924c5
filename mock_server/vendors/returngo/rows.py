"""How ReturnGO's records become rows: returns, shipments, transactions, orders, customers."""

from typing import Any

import orjson

from mock_server.store import Change, Filters, Row, Store
from mock_server.vendors.returngo.documents import JSON, long
from mock_server.vendors.returngo.words import LIFECYCLE, NAME


def put_rma(
    change: Change, tenant: str, shop: str, document: JSON, *, email: str, made: int, updated: int
) -> None:
    """Store a return of a customer as it is now."""
    summary = document["rmaSummary"]
    change.put(
        Row(
            tenant=tenant,
            vendor=NAME,
            kind="return",
            id=summary["rmaId"],
            status=summary["status"],
            state=LIFECYCLE.states[summary["status"]],
            created_at=made,
            updated_at=updated,
            summary=orjson.dumps(summary),
            document=orjson.dumps(document),
            order_number=summary["order_name"],
            customer_email=email,
            shop=shop,
        )
    )


def put_part(
    change: Change,
    tenant: str,
    kind: str,
    *,
    id_: str,
    document: Any,
    shop: str,
    at: int,
    updated: int | None = None,
    parent: str = "",
    status: str = "",
    number: str = "",
    email: str = "",
) -> None:
    """Store what is no return. `number` is what it is found by besides: a tracking number, an order's id."""
    body = orjson.dumps(document)
    change.put(
        Row(
            tenant=tenant,
            vendor=NAME,
            kind=kind,
            id=id_,
            status=status,
            state=status,
            created_at=at,
            updated_at=at if updated is None else updated,
            summary=body,
            document=body,
            order_number=number,
            customer_email=email,
            parent=parent,
            shop=shop,
        )
    )


def put_shipment(change: Change, tenant: str, shop: str, shipment: JSON, rma: str, made: int) -> None:
    """Store a shipment as it is now."""
    put_part(
        change,
        tenant,
        "shipment",
        id_=shipment["shipmentId"],
        document=shipment,
        shop=shop,
        at=made,
        parent=rma,
        status=shipment["status"],
        number=shipment["trackingNumber"] or "",
    )


def put_customer(change: Change, tenant: str, shop: str, email: str, at: int) -> None:
    """Remember which id the platform has for a customer."""
    id_ = customer_id(email)
    put_part(change, tenant, "customer", id_=id_, document={"id": id_}, shop=shop, at=at, email=email)


def customer_id(email: str) -> str:
    """The platform's id of a customer."""
    return long("customer", email.lower())


def emails(store: Store, tenant: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses of customers; one that nobody has if none is known."""
    found = {row.customer_email for row in store.rows(tenant, NAME, "customer", Filters(ids=ids))}
    return tuple(sorted(found)) or ("",)


def tracked(store: Store, tenant: str, numbers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of returns that travel under these numbers; one that nothing has if none does."""
    found = {row.parent for row in store.rows(tenant, NAME, "shipment", Filters(order_numbers=numbers))}
    return tuple(sorted(found)) or ("",)
