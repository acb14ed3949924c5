"""Builds the `Summary` for a step's records, and uses it to summarize the return in a record.

A `Summary` is derived from the tables of the catalog's `unified` section. `lib/summary.js` in the Zapier apps
summarizes records in the same way.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connector.definition.model import AddressTable, CustomerTable, ShipmentTable
from connector.definition.model.summary import Amount, ItemLines, Summary
from connector.definition.naming import text_of, title
from connector.definition.paths import at_path, walk
from connector.definition.spelling import trimmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connector.definition.model import (
        Field,
        FlagTable,
        Integration,
        ItemTable,
        MoneyTable,
        Path,
        RefundTable,
        ReturnTable,
    )

FIRST = "0"
PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
MOST_DECIMALS = 6


def summary(integration: Integration, resource: str, fields: Sequence[Field]) -> Summary | None:
    """Build the `Summary` for records with these fields, or return None if they cannot be summarized.

    `resource` is the key of the records' resource. Paths that `fields` does not contain are left out. Records
    that contain neither items nor a customer, such as the rows of a list of statuses, are not summarized.
    """
    table = integration.unified.returns.get(resource) if integration.unified else None
    if table is None:
        return None
    holder = _below(fields, table.within)
    built = _summary(table, holder)
    return built if built.items or built.customer_name or built.customer_email else None


def _below(fields: Sequence[Field], path: Path | None) -> Sequence[Field]:
    field = walk(fields, path) if path else None
    return (field.children if field else ()) if path else fields


def _summary(table: ReturnTable, fields: Sequence[Field]) -> Summary:
    customer = table.customer or CustomerTable()
    shipments = table.shipments or ShipmentTable()
    # The customer sends the parcels of a return.
    sender = shipments.addresses.get("sender") or AddressTable()
    at = shipments.at or ()
    parcel = (*at, FIRST) if _is_list(fields, at) else at
    items = _items(table.items, fields)
    return Summary(
        within=table.within or (),
        order=_known(fields, (table.order_number, table.order_id)),
        customer_name=_known(fields, (customer.name, _joined(parcel, sender.name))),
        customer_email=_known(fields, (customer.email, _joined(parcel, sender.email))),
        items=items,
        reason_words=_reason_words(items, fields),
        amounts=tuple(_amounts(table, fields)),
        status=next(iter(_known(fields, (table.status,))), None),
        words=_words(fields, table.status),
        link=_known(fields, (table.link,)),
        tracking_link=_known(fields, (_joined(parcel, shipments.tracking_url),)),
    )


def _joined(start: Path, path: Path | None) -> Path | None:
    return (*start, *path) if path else None


def _known(fields: Sequence[Field], paths: Iterable[Path | None]) -> tuple[Path, ...]:
    return tuple(path for path in paths if path and _walk(fields, path))


def _walk(fields: Sequence[Field], path: Path) -> Field | None:
    names = tuple(step for step in path if not step.isdecimal())
    return walk(fields, names) if names else None


def _is_list(fields: Sequence[Field], path: Path) -> bool:
    field = _walk(fields, path)
    return field is not None and field.type == "list"


def _items(table: ItemTable | None, fields: Sequence[Field]) -> ItemLines | None:
    rows = _below(fields, table.at) if table else ()
    if table is None or not rows:
        return None
    reasons = (_known(rows, (one.text, one.code)) for one in table.reasons)
    return ItemLines(
        at=table.at,
        name=_known(rows, (table.name, table.sku)),
        variant=next(iter(_known(rows, (table.variant,))), None),
        quantity=next(iter(_known(rows, (table.quantity,))), None),
        reasons=tuple(one for one in reasons if one),
    )


def _reason_words(items: ItemLines | None, fields: Sequence[Field]) -> dict[str, str]:
    paths = [(*items.at, *path) for one in items.reasons for path in one] if items else []
    return {word: label for path in paths for word, label in _words(fields, path).items()}


def _words(fields: Sequence[Field], path: Path | None) -> Mapping[str, str]:
    field = _walk(fields, path) if path else None
    if field is None:
        return {}
    labelled = {one.value: one.label for one in field.choices}
    named = labelled or {value: title(value) for value in field.known_values}
    return {value: label for value, label in named.items() if value != label}


def _amounts(table: ReturnTable, fields: Sequence[Field]) -> Iterable[Amount]:
    """Yield the places of a return's amount, best first: refund total, total, refunds, prices of items."""
    for money in (table.refund_total, table.total):
        if money and _walk(fields, money.amount):
            yield _amount(money)
    yield from _refunds(table.refunds, fields)
    lines = table.items
    price = lines.price if lines else None
    if lines and price and _walk(fields, (*lines.at, *price.amount)):
        has_quantity = lines.quantity and _walk(fields, (*lines.at, *lines.quantity))
        more = {"at": lines.at, "quantity": lines.quantity if has_quantity else None}
        yield _amount(price).model_copy(update=more)


def _refunds(table: RefundTable | None, fields: Sequence[Field]) -> Iterable[Amount]:
    if table and table.amount and _walk(fields, (*table.at, *table.amount.amount)):
        yield _amount(table.amount).model_copy(update={"at": table.at, "unless": table.unless})


def _amount(money: MoneyTable) -> Amount:
    return Amount(amount=money.amount, currency=money.currency, shared_currency=money.return_currency)


def described(source: Summary, record: Any) -> dict[str, str | None]:
    """Return the summary of the return in a record, with the keys of `LABELS`; a missing value is None."""
    holder = at_path(record, source.within)
    items = source.items
    rows = _rows(holder, items.at) if items else []
    texts: dict[str, str | None] = {
        "order": _first(holder, source.order),
        "customer_name": _first(holder, source.customer_name),
        "customer_email": _first(holder, source.customer_email),
        "reason": _reason(rows, items, source.reason_words) if items else None,
        "items": _together(_item(row, items) for row in rows) if items else None,
        "amount": _total(source.amounts, holder),
        "status": _readable(source.words, _first(holder, (source.status,))) if source.status else None,
        "link": _first(holder, source.link),
        "tracking_link": _first(holder, source.tracking_link),
    }
    return {name: texts[name] for name in source.members}


def _text(value: Any) -> str | None:
    return trimmed(text_of(value)) or None


def _first(record: Any, paths: Iterable[Path]) -> str | None:
    return next((text for path in paths if (text := _text(at_path(record, path)))), None)


def _rows(record: Any, path: Path) -> list[dict[str, Any]]:
    value = at_path(record, path)
    return [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, dict)]


def _together(texts: Iterable[str | None]) -> str | None:
    return ", ".join(text for text in texts if text) or None


def _readable(words: Mapping[str, str], word: str | None) -> str | None:
    return words.get(word, word) if word else word


def _reason(rows: Iterable[Any], items: ItemLines, words: Mapping[str, str]) -> str | None:
    texts = (_readable(words, _first(row, paths)) for row in rows for paths in items.reasons)
    return _together(dict.fromkeys(texts))


def _item(row: Any, items: ItemLines) -> str | None:
    """Return the text of an item: `2 × Linen Shirt (Blue / M)`."""
    name = _first(row, items.name)
    variant = _first(row, (items.variant,)) if items.variant else None
    count = _first(row, (items.quantity,)) if items.quantity else None
    shown = f"{name} ({variant})" if variant else name
    return f"{count} × {shown}" if name and count else shown if name else None


def _total(amounts: Iterable[Amount], record: Any) -> str | None:
    """Return the first amount that is a number, with its currency, such as `59.90 USD`."""
    for source in amounts:
        rows = _rows(record, source.at) if source.at else [record]
        rows = [row for row in rows if not (source.unless and _is(row, source.unless))]
        values = [value for row in rows if (value := _value(source, row)) is not None]
        if values:
            own = _first(rows[0], (source.currency,)) if source.currency else None
            shared = _first(record, (source.shared_currency,)) if source.shared_currency else None
            return " ".join(filter(None, (_sum(values), own or shared)))
    return None


def _is(row: Any, flag: FlagTable) -> bool:
    value = at_path(row, flag.at)
    return type(value) is type(flag.equals) and bool(value == flag.equals)


def _value(source: Amount, row: Any) -> Decimal | None:
    price = _first(row, (source.amount,))
    count = _first(row, (source.quantity,)) if source.quantity else "1"
    if not (price and PLAIN.fullmatch(price) and count and PLAIN.fullmatch(count)):
        return None
    return Decimal(price) * Decimal(count)


def _sum(values: Iterable[Decimal]) -> str:
    """Return a sum as text, without decimals if no value has any, and with at least two otherwise."""
    total = sum(values, Decimal(0))
    decimals = -int(total.as_tuple().exponent)
    return f"{total:.{min(max(decimals, 2), MOST_DECIMALS) if decimals > 0 else 0}f}"
