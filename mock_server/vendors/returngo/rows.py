"""How ReturnGO's records become rows: returns, shipments, transactions, orders, customers."""

from mock_server.store import Change, Filters, Store
from mock_server.vendors.returngo.documents import JSON, long
from mock_server.vendors.returngo.facts import LIFECYCLE, NAME


def put_rma(
    change: Change, tenant: str, shop: str, document: JSON, *, email: str, made: int, updated: int
) -> None:
    """Store a return of a customer as it is now."""
    summary = document["rmaSummary"]
    change.put_document(
        tenant,
        NAME,
        "return",
        summary["rmaId"],
        document,
        created_at=made,
        updated_at=updated,
        status=summary["status"],
        state=LIFECYCLE.states[summary["status"]],
        order_number=summary["order_name"],
        customer_email=email,
        shop=shop,
        summary=summary,
    )


def put_shipment(change: Change, tenant: str, shop: str, shipment: JSON, rma: str, made: int) -> None:
    """Store a shipment as it is now; its tracking number stands where an order has its own."""
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
    """Remember which id the platform has for a customer."""
    id_ = customer_id(email)
    change.put_document(
        tenant, NAME, "customer", id_, {"id": id_}, created_at=at, customer_email=email, shop=shop
    )


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
