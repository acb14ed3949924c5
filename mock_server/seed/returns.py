"""Generates a new tenant's returns, created within the 90 days before the tenant's first moment."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from mock_server.seed.journey import DAY, FATES, HOUR, MINUTE, Journey, draw_journey
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
from mock_server.seed.stages import Stage, stages, to_stage
from mock_server.seed.vocabulary import RETURN_TYPES

DAYS: Final = 90
_SECOND: Final = 1_000_000
_ZONE: Final = 10 * HOUR
"""UTC offset of the shop's local time (eastern Australia), in microseconds."""
_HOURS: Final = dict(
    enumerate((1, 1, 0, 0, 0, 1, 2, 4, 7, 10, 11, 11, 12, 11, 10, 10, 9, 8, 7, 8, 9, 7, 4, 2))
)
"""How often returns are requested in each hour of local time, as relative weights keyed by hour."""
_WEEKDAY_SHARE: Final = 0.45
"""The fraction of weekend requests that are moved to a weekday."""
_FIRST_ORDER: Final = 1_001
_LARGEST_CACHED: Final = 200
_REFUNDS: Final[dict[RefundStatus, int]] = {"paid": 22, "failed": 1}
_PARTLY: Final = 0.3
"""The probability that only some items have arrived, for received or inspected returns of several items."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """When a return is created, and when its order was placed (µs).

    For a staged return, the plan also contains its stage and history.
    """

    created_at: int
    ordered_at: int
    stage: Stage | None = None
    journey: Journey | None = None


def returns(seed: int, size: int, *, before: int, salt: str = "") -> tuple[SeedReturn, ...]:
    """Generate `size` returns, oldest first, with their history up to `before`.

    `before` is in microseconds since the Unix epoch. `salt` differs between vendors, so that the same seed
    generates different returns for each vendor.
    """
    # Small seeds are cached: test suites create many tenants with the same seed and first moment.
    draw = _cached_draw if size <= _LARGEST_CACHED else _draw
    return draw(seed, size, before, salt)


def _draw(seed: int, size: int, before: int, salt: str) -> tuple[SeedReturn, ...]:
    dice = SeededRandom(f"{seed}/{salt}")
    staged = stages(size)
    plans = [_plan(dice, before) for _ in range(size - len(staged))]
    plans += [_staged_plan(dice, stage, before) for stage in staged]
    plans.sort(key=lambda plan: plan.created_at)
    drawn = people(dice, max(1, size * 4 // 5))
    # Two in five returns come from the first tenth of the people, so that some customers return often.
    choices = [dice.between(0, (len(drawn) - 1) // dice.weighted({1: 60, 10: 40})) for _ in plans]
    customer_by_index = customers(dice, drawn, choices)
    by_order = sorted(range(size), key=lambda place: (plans[place].ordered_at, place))
    numbers = {place: rank for rank, place in enumerate(by_order)}
    return tuple(
        _return(
            dice,
            plan,
            number=place + 1,
            order_number=f"#{_FIRST_ORDER + numbers[place]}",
            customer=customer_by_index[choices[place]],
            before=before,
        )
        for place, plan in enumerate(plans)
    )


_cached_draw = lru_cache(maxsize=16)(_draw)


def _plan(dice: SeededRandom, before: int) -> _Plan:
    created_at = _moment(dice, before)
    return _Plan(created_at, created_at - dice.between(4 * 24 * 60, 28 * 24 * 60) * MINUTE)


def _staged_plan(dice: SeededRandom, stage: Stage, before: int) -> _Plan:
    journey = to_stage(dice, stage, before)
    created_at = journey.moves[0].at
    hours = dice.between(1, 4) if stage.fresh else dice.between(4 * 24, 28 * 24)
    return _Plan(created_at, created_at - hours * HOUR, stage, journey)


def _return(
    dice: SeededRandom, plan: _Plan, *, number: int, order_number: str, customer: SeedCustomer, before: int
) -> SeedReturn:
    stage = plan.stage
    currency = "NZD" if customer.address.country == "NZ" else "AUD"
    return_type = _return_type(dice, stage)
    ordered, items = basket(dice, currency)
    while stage and stage.partly and len(items) == 1:
        ordered, items = basket(dice, currency)
    journey = plan.journey or draw_journey(dice, plan.created_at, dice.weighted(FATES)).until(before)
    checked = journey.moves[-1].state in {"received", "inspected"}
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
        moves=journey.moves,
        shipment=journey.shipment,
        notes=journey.notes,
        refund=_refund(dice, stage, return_type, items, journey),
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
    journey: Journey,
) -> SeedRefund | None:
    last = journey.moves[-1]
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
    """Draw the time of a return request (µs), mostly in business hours and more often in recent weeks."""
    first_day = (before - DAYS * DAY + _ZONE) // DAY + 1
    day = first_day + dice.late_day(DAYS - 1)
    # 1 January 1970, day 0, was a Thursday, so days 2 and 3 of each week are a weekend.
    if day % 7 in {2, 3} and dice.chance(_WEEKDAY_SHARE):
        day -= 2
    time = dice.weighted(_HOURS) * HOUR + dice.between(0, 3_599) * _SECOND
    at = max(day, first_day) * DAY - _ZONE + time
    return at if at < before else at - DAY
