"""Generates customers for new tenants, and the products that they order and return."""

from collections.abc import Sequence
from decimal import Decimal

from mock_server.seed import vocabulary
from mock_server.seed.model import SeedAddress, SeedCustomer, SeedItem
from mock_server.seed.randomness import SeededRandom

_NZD = Decimal("1.09")
_CENT = Decimal("0.01")


def people(dice: SeededRandom, count: int) -> list[tuple[str, str, str, SeedAddress]]:
    """Generate `count` people, as tuples of name, unique e-mail address, phone number and postal address."""
    drawn: list[tuple[str, str, str, SeedAddress]] = []
    taken: set[str] = set()
    for _ in range(count):
        first, last = dice.pick(vocabulary.FIRST_NAMES), dice.pick(vocabulary.LAST_NAMES)
        local, number, domain = f"{first}.{last}".lower(), 1, dice.pick(vocabulary.MAIL_DOMAINS)
        email = f"{local}@{domain}"
        while email in taken:
            number += 1
            email = f"{local}{number}@{domain}"
        taken.add(email)
        drawn.append((f"{first} {last}", email, *_phone_and_address(dice)))
    return drawn


def customers(
    dice: SeededRandom, drawn: Sequence[tuple[str, str, str, SeedAddress]], choices: Sequence[int]
) -> dict[int, SeedCustomer]:
    """Build a customer for each person who has returns, keyed by the person's index in `drawn`.

    `choices` contains, for each return, the index of the person who makes it; a person with several returns
    occurs several times. A customer has at least as many orders as returns.
    """
    returns: dict[int, int] = {}
    for place in choices:
        returns[place] = returns.get(place, 0) + 1
    return {
        place: SeedCustomer(*drawn[place], orders=count + dice.between(0, 6))
        for place, count in returns.items()
    }


def basket(dice: SeededRandom, currency: str) -> tuple[tuple[tuple[str, int], ...], tuple[SeedItem, ...]]:
    """Generate an order of one to four products, of which one to three are returned.

    Returns the SKU and quantity of each ordered product, and the returned items.
    """
    items: dict[str, SeedItem] = {}
    for _ in range(dice.weighted({1: 46, 2: 30, 3: 16, 4: 8})):
        item = _item(dice, currency)
        items.setdefault(item.sku, item)
    ordered = tuple((item.sku, item.quantity) for item in items.values())
    returned = dice.weighted({1: 74, 2: 20, 3: 6})
    return ordered, tuple(items.values())[:returned]


def _item(dice: SeededRandom, currency: str) -> SeedItem:
    code, name, price, sizing = dice.pick(vocabulary.GOODS)
    colour_code, colour = dice.pick(vocabulary.COLOURS)
    size = dice.pick(vocabulary.SIZES[sizing])
    reason = dice.weighted(vocabulary.SIZED_REASONS if size else vocabulary.UNSIZED_REASONS)
    return SeedItem(
        sku="-".join(filter(None, (code, colour_code, size))),
        name=f"{name} {colour}",
        size=size,
        quantity=2 if dice.chance(0.08) else 1,
        unit_price=price if currency == "AUD" else (price * _NZD).quantize(_CENT),
        reason=reason,
        comment=dice.pick(vocabulary.COMMENTS[reason]),
    )


def _phone_and_address(dice: SeededRandom) -> tuple[str, SeedAddress]:
    street = f"{dice.between(1, 240)} {dice.pick(vocabulary.STREETS)} {dice.pick(vocabulary.STREET_KINDS)}"
    if dice.chance(0.08):
        region, code, suburb = dice.pick(vocabulary.NZ_SUBURBS)
        return "", SeedAddress(street, suburb, region, str(code), "NZ")
    region = dice.weighted(vocabulary.REGION_WEIGHTS)
    first, suburbs = vocabulary.SUBURBS[region]
    place = dice.between(0, len(suburbs) - 1)
    phone = f"+61 {vocabulary.AREA_CODES[region]} 5550 {dice.between(0, 9_999):04d}"
    return phone, SeedAddress(street, suburbs[place], region, str(first + 11 * (place + 1)), "AU")
