"""Exports a tenant's current records as a shop; records that are equal at several vendors are merged."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, get_args

from mock_server import vendors
from mock_server.seed import SeedCustomer, SeedLine, SeedOrder
from mock_server.seed.present import PresentReturn, PresentShop
from mock_server.seed.words import ShopWords
from mock_server.shop import ages
from mock_server.shop.model import Parcel, Shop
from mock_server.shop.orders import order_key

JSON = dict[str, Any]
_SERVICES: Final = get_args(Parcel.model_fields["service"].annotation)
_CARRIERS: Final = get_args(Parcel.model_fields["carrier"].annotation)
DEFAULT_CURRENCY: Final = Shop().currency
_NO_PARCEL: Final = {"requested", "approved"}
_NOT_RETURNED: Final = {"rejected", "cancelled"}


def export(present: Mapping[str, PresentShop], now: int) -> JSON:
    """Build a shop from the records of each vendor in `present`; ages are relative to `now` (µs)."""
    complete = {vendor: _complete(shop) for vendor, shop in present.items()}
    lines = [line for shop in complete.values() for line in shop.products]
    lines += [line for shop in complete.values() for order in shop.orders for line in order.lines]
    prices = _prices(lines)
    currencies = Counter(order.currency for shop in complete.values() for order in shop.orders)
    usual = currencies.most_common(1)[0][0] if currencies else DEFAULT_CURRENCY
    spelled = _spelled(complete.values())
    return {
        **({} if usual == DEFAULT_CURRENCY else {"currency": usual}),
        "products": list(_products(lines, prices)),
        "customers": list(_customers(complete.values(), spelled)),
        "orders": _with_vendors(
            ({**_without(record, "currency", usual), "customer": spelled[record["customer"].lower()]}, vendor)
            for record, vendor in _orders(complete, prices, now)
        ),
        "returns": _with_vendors(_returns(complete, now)),
    }


def _spelled(shops: Iterable[PresentShop]) -> dict[str, str]:
    """Choose the spelling of each e-mail address, keyed by the address in lower case.

    Some vendors convert addresses to lower case, so a spelling with capital letters is preferred.
    """
    spelled: dict[str, str] = {}
    for shop in shops:
        for customer in (*shop.customers, *(order.customer for order in shop.orders)):
            key = customer.email.lower()
            if spelled.get(key, key) == key:
                spelled[key] = customer.email
    return spelled


def _complete(shop: PresentShop) -> PresentShop:
    """Merge orders with the same number, and make them consistent with their returns.

    If an order is newer than its oldest return, its time is set to the time of this return. If more units
    are returned than were ordered, the ordered quantity is increased. Orders without items or without an
    e-mail address are left out, together with their returns.
    """
    orders: dict[str, SeedOrder] = {}
    for order in (*shop.orders, *(found.order for found in shop.returns)):
        known = orders.get(order_key(order.number))
        orders[order_key(order.number)] = order if known is None else _merged(known, order)
    returned: dict[str, Counter[str]] = {}
    for found in shop.returns:
        key = order_key(found.order.number)
        order = orders[key]
        if order.ordered_at:
            order = replace(order, ordered_at=min(order.ordered_at, found.created_at))
        taken = returned.setdefault(key, Counter())
        units = Counter(dict.fromkeys((item.sku for item in found.items), 0))
        for item in found.items:
            units[item.sku] += item.quantity
        if found.state not in _NOT_RETURNED:
            taken.update(units)
        needed = {sku: max(taken[sku], count) for sku, count in units.items()}
        lines = {
            item.sku: SeedLine(item.sku, item.name, item.size, 0, item.unit_price) for item in found.items
        }
        lines |= {line.sku: line for line in order.lines}
        enlarged = (
            replace(line, quantity=max(line.quantity, needed.get(sku, 0))) for sku, line in lines.items()
        )
        orders[key] = replace(order, lines=tuple(enlarged))
    kept = tuple(order for order in orders.values() if order.lines and order.customer.email)
    numbers = {order_key(order.number) for order in kept}
    returns = tuple(found for found in shop.returns if order_key(found.order.number) in numbers)
    return replace(shop, orders=kept, returns=returns)


def _merged(known: SeedOrder, other: SeedOrder) -> SeedOrder:
    skus = {line.sku for line in known.lines}
    return replace(known, lines=(*known.lines, *(line for line in other.lines if line.sku not in skus)))


def _prices(lines: Iterable[SeedLine]) -> dict[str, Decimal]:
    """Return the most frequent price of each product, keyed by SKU."""
    counted: dict[str, Counter[Decimal]] = {}
    for line in lines:
        counted.setdefault(line.sku, Counter())[line.unit_price] += 1
    return {sku: prices.most_common(1)[0][0] for sku, prices in counted.items()}


def _products(lines: Sequence[SeedLine], prices: Mapping[str, Decimal]) -> Iterator[JSON]:
    """Yield each product as JSON; vendors that store the name and the size separately take precedence."""
    best: dict[str, SeedLine] = {}
    for line in lines:
        known = best.setdefault(line.sku, line)
        if (bool(line.size), line.name != line.sku) > (bool(known.size), known.name != known.sku):
            best[line.sku] = line
    for sku, line in sorted(best.items()):
        name = "" if line.name == sku else line.name
        yield _present(sku=sku, name=name, size=line.size, price=_number(prices[sku]))


def _customers(shops: Iterable[PresentShop], spelled: Mapping[str, str]) -> Iterator[JSON]:
    """Yield each customer as JSON, with the combined data of all vendors."""
    known: dict[str, SeedCustomer] = {}
    for shop in shops:
        for customer in (*shop.customers, *(order.customer for order in shop.orders)):
            if customer.email:
                first = known.setdefault(customer.email.lower(), customer)
                home = max(first.address, customer.address, key=_filled)
                phone, name = first.phone or customer.phone, first.name or customer.name
                known[customer.email.lower()] = replace(first, name=name, phone=phone, address=home)
    for key, customer in sorted(known.items()):
        home = customer.address
        address = _present(
            street=home.street,
            city=home.suburb,
            region=home.region,
            postcode=home.postcode,
            country=home.country,
        )
        yield _present(email=spelled[key], name=customer.name, phone=customer.phone, address=address)


def _filled(address: Any) -> int:
    return sum(bool(getattr(address, name)) for name in ("street", "suburb", "region", "postcode"))


def _orders(
    present: Mapping[str, PresentShop], prices: Mapping[str, Decimal], now: int
) -> Iterator[tuple[JSON, str]]:
    """Yield each vendor's orders as JSON, with the name of the vendor.

    The orders of a vendor that stores only returns are derived from these returns. If another vendor has a
    matching order, that order is yielded instead.
    """
    own = [order for shop in present.values() if shop.own_orders for order in shop.orders]
    by_number: dict[str, list[SeedOrder]] = {}
    for order in own:
        by_number.setdefault(order_key(order.number), []).append(order)
    for vendor, shop in present.items():
        for order in shop.orders:
            found = order
            if not shop.own_orders:
                others = by_number.get(order_key(order.number), ())
                found = next((other for other in others if _contains(other, order)), order)
            yield _order(found, prices, now), vendor


def _contains(other: SeedOrder, order: SeedOrder) -> bool:
    """Return True if `order`, which is derived from returns, can be a part of the order `other`."""
    lines = {line.sku: line for line in other.lines}
    return (
        (other.customer.email.lower(), other.currency) == (order.customer.email.lower(), order.currency)
        and all(line.sku in lines for line in order.lines)
        and all(line.quantity <= lines[line.sku].quantity for line in order.lines)
        and all(line.unit_price == lines[line.sku].unit_price for line in order.lines)
    )


def _order(order: SeedOrder, prices: Mapping[str, Decimal], now: int) -> JSON:
    items = []
    for line in order.lines:
        price = None if line.unit_price == prices[line.sku] else _number(line.unit_price)
        items.append(
            {"sku": line.sku, "quantity": line.quantity, **({} if price is None else {"price": price})}
        )
    return _present(
        number=order.number,
        customer=order.customer.email,
        age=ages.age(order.ordered_at, now) if order.ordered_at else "",
        currency=order.currency,
        items=items,
    )


def _returns(present: Mapping[str, PresentShop], now: int) -> Iterator[tuple[JSON, str]]:
    for vendor, shop in present.items():
        words = vendors.shop_words(vendor)
        for found in shop.returns:
            yield _return(found, words, now), vendor


def _return(found: PresentReturn, words: ShopWords, now: int) -> JSON:
    state = found.state
    if found.parcel and state in _NO_PARCEL:
        state = "label_sent"
    exact = words.statuses.get(state) == found.status
    status = state if exact else found.status
    return _present(
        order=found.order.number,
        status=status,
        age=ages.age(found.created_at, now),
        changed="" if state == "requested" else ages.age(max(found.changed_at, found.created_at), now),
        type="" if found.return_type == "refund" else found.return_type,
        refund="" if found.refund == "paid" else found.refund,
        items=list(_items(found)),
        parcel=_parcel(found, state) if exact or state not in _NO_PARCEL else {},
    )


def _items(found: PresentReturn) -> Iterator[JSON]:
    merged: dict[str, JSON] = {}
    for item in found.items:
        known = merged.get(item.sku)
        if known:
            known["quantity"] += item.quantity
            continue
        merged[item.sku] = _present(
            sku=item.sku, quantity=item.quantity, reason=item.reason, comment=item.comment
        )
    yield from merged.values()


def _parcel(found: PresentReturn, state: str) -> JSON:
    parcel = found.parcel
    if parcel is None:
        return {}
    return _present(
        carrier=parcel.carrier if parcel.carrier in _CARRIERS else "",
        service=parcel.service if parcel.service in _SERVICES and parcel.service != "standard" else "",
        tracking_number=parcel.tracking_number,
        status=parcel.status if state == "in_transit" and parcel.status != "in_transit" else "",
    )


def _with_vendors(records: Iterable[tuple[JSON, str]]) -> list[JSON]:
    """Merge records that are equal at several vendors.

    A record that not all vendors have gets the field `vendors`, which lists the vendors that have it.
    """
    merged: dict[str, tuple[JSON, list[str]]] = {}
    for record, vendor in records:
        # A vendor can have two equal returns, for example of two units of an order.
        key = repr(record)
        while key in merged and vendor in merged[key][1]:
            key += "+"
        merged.setdefault(key, (record, []))[1].append(vendor)
    everyone = vendors.names()
    return [
        record if sorted(names) == everyone else {**record, "vendors": sorted(names)}
        for record, names in merged.values()
    ]


def _present(**fields: Any) -> JSON:
    """Build a JSON object from the fields that are not "", {} or None."""
    return {name: value for name, value in fields.items() if value not in ("", {}, None)}


def _without(record: JSON, field: str, value: str) -> JSON:
    """Copy a record without the field `field` if its value is `value`; otherwise, copy all fields."""
    return {name: kept for name, kept in record.items() if (name, kept) != (field, value)}


def _number(amount: Decimal) -> float | int:
    return int(amount) if amount == amount.to_integral_value() else float(amount)
