"""The customers and the baskets of the seed."""

from collections.abc import Sequence
from decimal import Decimal

from mock_server.seed import words
from mock_server.seed.dice import Dice
from mock_server.seed.model import SeedAddress, SeedCustomer, SeedItem

_NZD = Decimal("1.09")
_CENT = Decimal("0.01")


def people(dice: Dice, count: int) -> list[tuple[str, str, str, SeedAddress]]:
    """Draw customers without their orders: name, e-mail (no two alike), phone and address."""
    drawn: list[tuple[str, str, str, SeedAddress]] = []
    taken: set[str] = set()
    for _ in range(count):
        first, last = dice.pick(words.FIRST_NAMES), dice.pick(words.LAST_NAMES)
        local, number, domain = f"{first}.{last}".lower(), 1, dice.pick(words.MAIL_DOMAINS)
        email = f"{local}@{domain}"
        while email in taken:
            number += 1
            email = f"{local}{number}@{domain}"
        taken.add(email)
        drawn.append((f"{first} {last}", email, *_home(dice)))
    return drawn


def customers(
    dice: Dice, drawn: Sequence[tuple[str, str, str, SeedAddress]], choices: Sequence[int]
) -> dict[int, SeedCustomer]:
    """Give those customers who return something the number of their orders, by their place."""
    returns: dict[int, int] = {}
    for place in choices:
        returns[place] = returns.get(place, 0) + 1
    return {
        place: SeedCustomer(*drawn[place], orders=count + dice.between(0, 6))
        for place, count in returns.items()
    }


def basket(dice: Dice, currency: str) -> tuple[tuple[tuple[str, int], ...], tuple[SeedItem, ...]]:
    """Draw an order of one to four articles, and the one to three of them that come back."""
    articles: dict[str, SeedItem] = {}
    for _ in range(dice.weighted({1: 46, 2: 30, 3: 16, 4: 8})):
        item = _item(dice, currency)
        articles.setdefault(item.sku, item)
    ordered = tuple((item.sku, item.quantity) for item in articles.values())
    back = dice.weighted({1: 74, 2: 20, 3: 6})
    return ordered, tuple(articles.values())[:back]


def _item(dice: Dice, currency: str) -> SeedItem:
    code, name, price, sizing = dice.pick(words.GOODS)
    colour_code, colour = dice.pick(words.COLOURS)
    size = dice.pick(words.SIZES[sizing])
    reason = dice.weighted(words.SIZED_REASONS if size else words.UNSIZED_REASONS)
    return SeedItem(
        sku="-".join(filter(None, (code, colour_code, size))),
        name=f"{name} {colour}",
        size=size,
        quantity=2 if dice.chance(0.08) else 1,
        unit_price=price if currency == "AUD" else (price * _NZD).quantize(_CENT),
        reason=reason,
        comment=dice.pick(words.COMMENTS[reason]),
    )


def _home(dice: Dice) -> tuple[str, SeedAddress]:
    street = f"{dice.between(1, 240)} {dice.pick(words.STREETS)} {dice.pick(words.STREET_KINDS)}"
    if dice.chance(0.08):
        region, code, suburb = dice.pick(words.NZ_SUBURBS)
        return "", SeedAddress(street, suburb, region, str(code), "NZ")
    region = dice.weighted(words.REGION_WEIGHTS)
    first, suburbs = words.SUBURBS[region]
    place = dice.between(0, len(suburbs) - 1)
    phone = f"+61 {words.AREA_CODES[region]} 5550 {dice.between(0, 9_999):04d}"
    return phone, SeedAddress(street, suburbs[place], region, str(first + 11 * (place + 1)), "AU")
