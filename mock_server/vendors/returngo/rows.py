"""Stores ReturnGO's returns, shipments and customers as rows, and finds returns by tracking number."""

from mock_server.store import Change, Filters, Store
from mock_server.vendors import rows
from mock_server.vendors.returngo.documents import JSON, long
from mock_server.vendors.returngo.facts import LIFECYCLE, NAME


def put_rma(
    change: Change, tenant: str, shop: str, document: JSON, *, email: str, made: int, updated: int
) -> None:
    """Store a return that was created at `made` and last updated at `updated` (µs).

    `email` is the customer's e-mail address.
    """
    summary = document["rmaSummary"]
    rows.put_return(
        change,
        tenant,
        NAME,
        LIFECYCLE,
        document,
        id_=summary["rmaId"],
        status=summary["status"],
        created_at=made,
        updated_at=updated,
        order_number=summary["order_name"],
        customer_email=email,
        shop=shop,
        summary=summary,
    )


def put_shipment(change: Change, tenant: str, shop: str, shipment: JSON, rma: str, made: int) -> None:
    """Store a shipment of the return with the ID `rma`.

    The column `order_number` contains the tracking number, so that returns can be found by it.
    """
    change.put_document(
        tenant,
        NAME,
        "shipment",
        shipment["shipmentId"],
        shipment,
        created_at=made,
        status=shipment["status"],
        order_number=shipment["trackingNumber"] or "",
        parent=rma,
        shop=shop,
    )


def put_customer(change: Change, tenant: str, shop: str, email: str, at: int) -> None:
    """Store a customer, keyed by the customer's ID on the shop's platform."""
    id_ = customer_id(email)
    change.put_document(
        tenant, NAME, "customer", id_, {"id": id_}, created_at=at, customer_email=email, shop=shop
    )


def customer_id(email: str) -> str:
    """Derive a customer's ID on the shop's platform from the e-mail address."""
    return long("customer", email.lower())


def emails(store: Store, tenant: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Look up the e-mail addresses of the customers with these IDs.

    Returns `("",)`, a filter that matches no row, if all IDs are unknown.
    """
    addresses = {row.customer_email for row in store.rows(tenant, NAME, "customer", Filters(ids=ids))}
    return tuple(sorted(addresses)) or ("",)


def tracked(store: Store, tenant: str, numbers: tuple[str, ...]) -> tuple[str, ...]:
    """Look up the IDs of the returns whose shipments have these tracking numbers.

    Returns `("",)`, a filter that matches no row, if all tracking numbers are unknown.
    """
    ids = {row.parent for row in store.rows(tenant, NAME, "shipment", Filters(order_numbers=numbers))}
    return tuple(sorted(ids)) or ("",)
