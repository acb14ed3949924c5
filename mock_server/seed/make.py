"""The returns of a new tenant, laid out over the 90 days before its first moment."""

from decimal import Decimal
from typing import Final

from mock_server.seed.dice import Dice
from mock_server.seed.journey import DAY, HOUR, MINUTE, Journey, journey
from mock_server.seed.model import ReturnType, SeedCustomer, SeedItem, SeedRefund, SeedReturn
from mock_server.seed.people import basket, customers, people
from mock_server.seed.words import RETURN_TYPES

DAYS: Final = 90
_SECOND: Final = 1_000_000
_ZONE: Final = 10 * HOUR  # the shop's business hours are those of Australia's east
_HOURS: Final = dict(
    enumerate((1, 1, 0, 0, 0, 1, 2, 4, 7, 10, 11, 11, 12, 11, 10, 10, 9, 8, 7, 8, 9, 7, 4, 2))
)
_WEEKDAY_SHARE: Final = 0.45  # of weekend requests that wait until they come on another day
_FIRST_ORDER: Final = 1_001


def returns(seed: int, size: int, *, before: int, salt: str = "") -> list[SeedReturn]:
    """Make `size` returns, oldest first, all of it before the moment `before` (µs).

    `salt` tells apart what is made of the same seed for different vendors.
    """
    dice = Dice(f"{seed}/{salt}")
    created = sorted(_moment(dice, before) for _ in range(size))
    drawn = people(dice, max(1, size * 4 // 5))
    choices = [dice.between(0, (len(drawn) - 1) // dice.weighted({1: 60, 10: 40})) for _ in created]
    known = customers(dice, drawn, choices)
    ordered = [at - dice.between(4 * 24 * 60, 28 * 24 * 60) * MINUTE for at in created]
    numbers = {place: rank for rank, place in enumerate(sorted(range(size), key=lambda i: (ordered[i], i)))}
    return [
        _return(
            dice,
            number=place + 1,
            created_at=created[place],
            ordered_at=ordered[place],
            order_number=f"#{_FIRST_ORDER + numbers[place]}",
            customer=known[choices[place]],
            before=before,
        )
        for place in range(size)
    ]


def _return(
    dice: Dice,
    *,
    number: int,
    created_at: int,
    ordered_at: int,
    order_number: str,
    customer: SeedCustomer,
    before: int,
) -> SeedReturn:
    currency = "NZD" if customer.address.country == "NZ" else "AUD"
    return_type = dice.weighted(RETURN_TYPES)
    ordered, items = basket(dice, currency)
    told = journey(dice, created_at, before)
    return SeedReturn(
        number=number,
        created_at=created_at,
        ordered_at=ordered_at,
        order_number=order_number,
        ordered=ordered,
        customer=customer,
        return_type=return_type,
        currency=currency,
        items=items,
        moves=told.moves,
        shipment=told.shipment,
        notes=told.notes,
        refund=_refund(return_type, items, told),
    )


def _refund(return_type: ReturnType, items: tuple[SeedItem, ...], told: Journey) -> SeedRefund | None:
    last = told.moves[-1]
    if last.state != "completed" or return_type == "exchange":
        return None
    amount = sum((item.unit_price * item.quantity for item in items), Decimal(0))
    return SeedRefund(
        last.at, amount, "store_credit" if return_type == "store_credit" else "original_payment"
    )


def _moment(dice: Dice, before: int) -> int:
    """Draw when a return was asked for: in business hours mostly, in recent weeks more often."""
    first_day = (before - DAYS * DAY + _ZONE) // DAY + 1
    day = first_day + dice.late(DAYS - 1)
    if day % 7 in {2, 3} and dice.chance(_WEEKDAY_SHARE):  # day 0 was a Thursday
        day -= 2
    time = dice.weighted(_HOURS) * HOUR + dice.between(0, 3_599) * _SECOND
    at = max(day, first_day) * DAY - _ZONE + time
    return at if at < before else at - DAY
