"""Converts a vendor's records to the common model, using the paths in the catalog's `unified` section."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from connector.definition.naming import text_of
from connector.definition.paths import at_path
from connector.definition.spelling import folded, same_word, trimmed, word
from connector.errors import ConfigurationError
from connector.transport.times import parse_time
from connector.unified.amounts import number, original_text
from connector.unified.model import (
    Address,
    Customer,
    Item,
    Money,
    Reason,
    Refund,
    Shipment,
    UnifiedEvent,
    UnifiedReturn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from connector.definition.model import (
        AddressRole,
        AddressTable,
        CustomerTable,
        FlagTable,
        Integration,
        ItemTable,
        MoneyTable,
        Path,
        ReasonTable,
        RefundTable,
        ReturnTable,
        ShipmentTable,
        Unified,
    )
    from connector.runtime.polling import Event

T = TypeVar("T", bound=str)


def unified_event(integration: Integration, event: Event, *, profile: str | None = None) -> UnifiedEvent:
    """Convert a trigger's event to the common model; `profile` is the name of the connection.

    Raises `ConfigurationError` if the catalog has no `unified` section, or if the vendor does not have the
    trigger that is named in the event.
    """
    table = _table(integration)
    trigger = integration.triggers.get(event.trigger)
    if trigger is None:
        raise ConfigurationError(f"{integration.vendor.title} has no trigger {event.trigger}.")
    raw = event.data if isinstance(event.data, dict) else {}
    return UnifiedEvent(
        id=event.id,
        kind=table.events.get(event.trigger, "other"),
        vendor=integration.vendor.id,
        profile=profile,
        trigger=event.trigger,
        occurred_at=event.occurred_at,
        observed_at=event.observed_at,
        record=unified_return(integration, trigger.resource, raw),
        raw=raw,
    )


def unified_return(
    integration: Integration, resource: str, record: Mapping[str, Any]
) -> UnifiedReturn | None:
    """Convert a vendor's record to a `UnifiedReturn`; return None if the record is not a return.

    `resource` is the key of the record's resource in the catalog. Raises `ConfigurationError` if the catalog
    has no `unified` section.
    """
    paths = _table(integration).returns.get(resource)
    return None if paths is None else return_of(integration, paths, record)


def return_of(integration: Integration, paths: ReturnTable, record: Mapping[str, Any]) -> UnifiedReturn:
    """Convert a vendor's record to a `UnifiedReturn` with a table of its own, such as one for webhooks."""
    return _return(integration.vendor.id, _table(integration), paths, record)


def _table(integration: Integration) -> Unified:
    if integration.unified is None:
        raise ConfigurationError(f"The catalog of {integration.vendor.title} has no section unified.")
    return integration.unified


def _return(vendor: str, table: Unified, paths: ReturnTable, value: Any) -> UnifiedReturn:
    raw: Mapping[str, Any] = value if isinstance(value, dict) else {}
    inner = at_path(raw, paths.within) if paths.within else raw
    record: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    status, shipping = _text(record, paths.status), _text(record, paths.shipping_status)
    inspection = _text(record, paths.inspection_status)
    return UnifiedReturn(
        vendor=vendor,
        id=_text(record, paths.id),
        number=_text(record, paths.number),
        order_id=_text(record, paths.order_id),
        order_number=_text(record, paths.order_number),
        link=_text(record, paths.link),
        status=_meaning(table.statuses, status),
        vendor_status=status,
        shipping_status=_meaning(table.shipment_statuses, shipping),
        vendor_shipping_status=shipping,
        inspection_status=_meaning(table.inspection_statuses, inspection),
        vendor_inspection_status=inspection,
        resolutions=_texts(record, paths.resolutions),
        customer=_customer(record, paths.customer),
        addresses=_addresses(record, paths.addresses),
        items=_items(record, paths.items),
        shipments=_shipments(record, paths.shipments, table),
        refunds=_refunds(record, paths.refunds),
        total=_money(record, paths.total, record),
        refund_total=_money(record, paths.refund_total, record),
        fee=_money(record, paths.fee, record),
        tax=_money(record, paths.tax, record),
        created_at=_time(record, paths.created_at),
        updated_at=_time(record, paths.updated_at),
        received_at=_time(record, paths.received_at),
        closed_at=_time(record, paths.closed_at),
        raw=raw,
    )


def _items(record: Mapping[str, Any], paths: ItemTable | None) -> tuple[Item, ...]:
    if paths is None:
        return ()
    return tuple(
        Item(
            id=_text(row, paths.id),
            sku=_text(row, paths.sku),
            barcode=_text(row, paths.barcode),
            name=_text(row, paths.name),
            variant=_text(row, paths.variant),
            quantity=_number(row, paths.quantity),
            quantity_received=_number(row, paths.quantity_received),
            price=_money(row, paths.price, record),
            resolution=_text(row, paths.resolution),
            reasons=_reasons(row, paths.reasons),
            comment=_text(row, paths.comment),
        )
        for row in _rows(record, paths.at)
    )


def _shipments(
    record: Mapping[str, Any], paths: ShipmentTable | None, table: Unified
) -> tuple[Shipment, ...]:
    if paths is None:
        return ()
    rows = [record] if paths.at is None else _rows(record, paths.at)
    return tuple(
        Shipment(
            id=_text(row, paths.id),
            status=_meaning(table.shipment_statuses, _text(row, paths.status)),
            vendor_status=_text(row, paths.status),
            carrier=_text(row, paths.carrier),
            service=_text(row, paths.service),
            outbound=_flag(row, paths.outbound),
            tracking_number=_text(row, paths.tracking_number),
            tracking_url=_text(row, paths.tracking_url),
            label_url=_text(row, paths.label_url),
            created_at=_time(row, paths.created_at),
            delivered_at=_time(row, paths.delivered_at),
            addresses=_addresses(row, paths.addresses),
        )
        for row in rows
    )


def _refunds(record: Mapping[str, Any], paths: RefundTable | None) -> tuple[Refund, ...]:
    if paths is None:
        return ()
    return tuple(
        Refund(
            id=_text(row, paths.id),
            amount=_money(row, paths.amount, record),
            method=_text(row, paths.method),
            vendor_status=_text(row, paths.status),
            issued_at=_time(row, paths.issued_at),
        )
        for row in _rows(record, paths.at)
        if not _flag(row, paths.unless)
    )


def _customer(record: Mapping[str, Any], paths: CustomerTable | None) -> Customer | None:
    if paths is None:
        return None
    customer = Customer(
        id=_text(record, paths.id),
        name=_text(record, paths.name),
        email=_text(record, paths.email),
        phone=_text(record, paths.phone),
    )
    return None if customer == Customer() else customer


def _addresses(
    row: Mapping[str, Any], tables: Mapping[AddressRole, AddressTable]
) -> dict[AddressRole, Address]:
    """Build the addresses in a record, keyed by role.

    Roles for which the record has no address are left out.
    """
    addresses: dict[AddressRole, Address] = {
        role: Address(
            name=_text(row, paths.name),
            company=_text(row, paths.company),
            lines=tuple(line for path in paths.lines if (line := _text(row, path))),
            city=_text(row, paths.city),
            region=_text(row, paths.region),
            postal_code=_text(row, paths.postal_code),
            country=_text(row, paths.country),
            phone=_text(row, paths.phone),
            email=_text(row, paths.email),
        )
        for role, paths in tables.items()
    }
    return {role: address for role, address in addresses.items() if address != Address()}


def _reasons(row: Mapping[str, Any], tables: tuple[ReasonTable, ...]) -> tuple[Reason, ...]:
    reasons = (Reason(code=_text(row, paths.code), text=_text(row, paths.text)) for paths in tables)
    return tuple(reason for reason in reasons if reason != Reason())


# --- Single values: each function returns None if the value is missing or cannot be parsed.


def _meaning(words: Mapping[str, T], word: str | None) -> T | Literal["other"] | None:
    """Return the common status for a vendor's status word.

    Returns `other` if the catalog does not contain the word, and None if the word is missing or blank.
    """
    if word is None or not folded(word):
        return None
    return next((meaning for known, meaning in words.items() if folded(known) == folded(word)), "other")


def _text(row: Mapping[str, Any], path: Path | None) -> str | None:
    return _text_or_none(at_path(row, path)) if path else None


def _text_or_none(value: Any) -> str | None:
    text = text_of(value)
    return text if trimmed(text) else None


def _texts(row: Mapping[str, Any], path: Path | None) -> tuple[str, ...]:
    """Return the distinct strings at a path.

    If the path leads through a list, the strings from all its items are returned.
    """
    texts = (_text_or_none(value) for value in _everything(row, path)) if path else ()
    return tuple(dict.fromkeys(text for text in texts if text))


def _everything(value: Any, path: Path) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _everything(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        yield from _everything(value.get(path[0]), path[1:])


def _rows(record: Mapping[str, Any], path: Path) -> list[Mapping[str, Any]]:
    """Return the objects in the list at a path, or the single object if the path leads to an object."""
    value = at_path(record, path)
    rows = value if isinstance(value, list) else [value]
    return [row for row in rows if isinstance(row, dict)]


def _money(row: Mapping[str, Any], paths: MoneyTable | None, record: Mapping[str, Any]) -> Money | None:
    value = at_path(row, paths.amount) if paths else None
    text = original_text(value)
    if paths is None or text is None:
        return None
    amount = number(value)
    # Some vendors state the currency once per return instead of with each amount.
    currency = _text(row, paths.currency) or _text(record, paths.return_currency)
    return Money(amount=amount, currency=currency, text=text if amount is None else None)


def _number(row: Mapping[str, Any], path: Path | None) -> Decimal | None:
    """Parse the number at a path as an exact `Decimal`.

    A float becomes the `Decimal` with the same digits as its `repr`, for example 0.1 becomes
    `Decimal("0.1")`.
    """
    return number(at_path(row, path)) if path else None


def _flag(row: Mapping[str, Any], table: FlagTable | None) -> bool | None:
    """Check whether the value at the path `table.at` equals `table.equals`.

    Returns None if the value is missing or has the wrong type, or if `table` is None. Differences in case,
    spaces, hyphens and underscores are ignored when strings are compared.
    """
    value = at_path(row, table.at) if table else None
    if table is None or isinstance(table.equals, bool):
        return None if table is None or not isinstance(value, bool) else value == table.equals
    return same_word(value, table.equals) if word(value) else None


def _time(row: Mapping[str, Any], path: Path | None) -> datetime | None:
    text = _text(row, path)
    try:
        return parse_time(text) if text else None
    except ValueError:
        return None
