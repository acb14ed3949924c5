"""The returns of a new tenant, laid out over the 90 days before its first moment."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from mock_server.seed.journey import DAY, FATES, HOUR, MINUTE, Journey, journey
from mock_server.seed.model import (
    RefundStatus,
    ReturnType,
    SeedCustomer,
    SeedItem,
    SeedRefund,
    SeedReturn,
)
from mock_server.seed.people import basket, customers, people
from mock_server.seed.randomness import SeededRandom
from mock_server.seed.stages import Stage, staged, stages
from mock_server.seed.vocabulary import RETURN_TYPES

DAYS: Final = 90
_SECOND: Final = 1_000_000
_ZONE: Final = 10 * HOUR  # the shop's business hours are those of Australia's east
_HOURS: Final = dict(
    enumerate((1, 1, 0, 0, 0, 1, 2, 4, 7, 10, 11, 11, 12, 11, 10, 10, 9, 8, 7, 8, 9, 7, 4, 2))
)
_WEEKDAY_SHARE: Final = 0.45  # of weekend requests that wait until they come on another day
_FIRST_ORDER: Final = 1_001
_REMEMBERED: Final = 200
_REFUNDS: Final[dict[RefundStatus, int]] = {"paid": 22, "failed": 1}
_PARTLY: Final = 0.3  # of returns of several items, while the shop checks what arrived


@dataclass(frozen=True, slots=True)
class _Plan:
    """When a return is created and ordered (µs); with a stage, also what happens to it."""

    created_at: int
    ordered_at: int
    stage: Stage | None = None
    story: Journey | None = None


def returns(seed: int, size: int, *, before: int, salt: str = "") -> tuple[SeedReturn, ...]:
    """Make `size` returns, oldest first, all of it before the moment `before` (µs).

    `salt` makes the returns of one seed differ from vendor to vendor. Small seeds are remembered: suites
    make many tenants of the same seed and first moment.
    """
    made = _remembered if size <= _REMEMBERED else _made
    return made(seed, size, before, salt)


def _made(seed: int, size: int, before: int, salt: str) -> tuple[SeedReturn, ...]:
    dice = SeededRandom(f"{seed}/{salt}")
    chosen = stages(size)
    plans = [_planned(dice, before) for _ in range(size - len(chosen))]
    plans += [_staged(dice, stage, before) for stage in chosen]
    plans.sort(key=lambda plan: plan.created_at)
    drawn = people(dice, max(1, size * 4 // 5))
    choices = [dice.between(0, (len(drawn) - 1) // dice.weighted({1: 60, 10: 40})) for _ in plans]
    known = customers(dice, drawn, choices)
    by_order = sorted(range(size), key=lambda place: (plans[place].ordered_at, place))
    numbers = {place: rank for rank, place in enumerate(by_order)}
    return tuple(
        _return(
            dice,
            plan,
            number=place + 1,
            order_number=f"#{_FIRST_ORDER + numbers[place]}",
            customer=known[choices[place]],
            before=before,
        )
        for place, plan in enumerate(plans)
    )


_remembered = lru_cache(maxsize=16)(_made)


def _planned(dice: SeededRandom, before: int) -> _Plan:
    created_at = _moment(dice, before)
    return _Plan(created_at, created_at - dice.between(4 * 24 * 60, 28 * 24 * 60) * MINUTE)


def _staged(dice: SeededRandom, stage: Stage, before: int) -> _Plan:
    story = staged(dice, stage, before)
    created_at = story.moves[0].at
    hours = dice.between(1, 4) if stage.fresh else dice.between(4 * 24, 28 * 24)
    return _Plan(created_at, created_at - hours * HOUR, stage, story)


def _return(
    dice: SeededRandom, plan: _Plan, *, number: int, order_number: str, customer: SeedCustomer, before: int
) -> SeedReturn:
    stage = plan.stage
    currency = "NZD" if customer.address.country == "NZ" else "AUD"
    return_type = _return_type(dice, stage)
    ordered, items = basket(dice, currency)
    while stage and stage.partly and len(items) == 1:
        ordered, items = basket(dice, currency)
    story = plan.story or journey(dice, plan.created_at, dice.weighted(FATES)).until(before)
    checked = story.moves[-1].state in {"received", "inspected"}
    return SeedReturn(
        number=number,
        created_at=plan.created_at,
        ordered_at=plan.ordered_at,
        order_number=order_number,
        ordered=ordered,
        customer=customer,
        return_type=return_type,
        currency=currency,
        items=items,
        moves=story.moves,
        shipment=story.shipment,
        notes=story.notes,
        refund=_refund(dice, stage, return_type, items, story),
        partly=stage.partly if stage else checked and len(items) > 1 and dice.chance(_PARTLY),
        staged=stage is not None,
    )


def _return_type(dice: SeededRandom, stage: Stage | None) -> ReturnType:
    if stage and stage.return_type:
        return stage.return_type
    return dice.weighted(RETURN_TYPES)


def _refund(
    dice: SeededRandom,
    stage: Stage | None,
    return_type: ReturnType,
    items: tuple[SeedItem, ...],
    story: Journey,
) -> SeedRefund | None:
    last = story.moves[-1]
    if last.state != "completed" or return_type == "exchange":
        return None
    amount = sum((item.unit_price * item.quantity for item in items), Decimal(0))
    return SeedRefund(
        last.at,
        amount,
        "store_credit" if return_type == "store_credit" else "original_payment",
        stage.refund if stage and stage.refund else dice.weighted(_REFUNDS),
    )


def _moment(dice: SeededRandom, before: int) -> int:
    """Draw when a return is requested: in business hours mostly, in recent weeks more often."""
    first_day = (before - DAYS * DAY + _ZONE) // DAY + 1
    day = first_day + dice.late(DAYS - 1)
    if day % 7 in {2, 3} and dice.chance(_WEEKDAY_SHARE):  # day 0 was a Thursday
        day -= 2
    time = dice.weighted(_HOURS) * HOUR + dice.between(0, 3_599) * _SECOND
    at = max(day, first_day) * DAY - _ZONE + time
    return at if at < before else at - DAY
