"""Builds a vendor's returns, with their history, from a shop."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, cast, get_args

from mock_server.seed import (
    Reason,
    SeedItem,
    SeedLine,
    SeedMove,
    SeedOrder,
    SeedRefund,
    SeedReturn,
    SeedShipment,
    SeedShop,
    State,
)
from mock_server.seed.words import ShopWords
from mock_server.shop import ages, journey
from mock_server.shop.mistakes import Mistakes, RecordSkipped
from mock_server.shop.model import Difference, Order, Parcel, Return, ReturnItem, Shop
from mock_server.shop.orders import USUAL_AGE, OrderLayout, has, order_key
from mock_server.spelling import unknown

STATES: Final[dict[str, State]] = {
    **{state: cast("State", state) for state in get_args(State)},
    "refunded": "completed",
}
"""Maps each vendor-neutral status of a return in a shop to its state."""
REASONS: Final = get_args(Reason)


def lay_out(
    shop: Shop, vendor: str, words: ShopWords, start: int, mistakes: Mistakes
) -> tuple[SeedShop, tuple[SeedReturn, ...]]:
    """Build a vendor's products, customers, orders and returns (oldest first) from a shop.

    The tenant's clock starts at `start` (µs). Records with a mistake are left out, and their mistakes are
    added to `mistakes`.
    """
    seed_shop = OrderLayout(shop, vendor, start, mistakes).lay_out()
    orders = {order_key(order.number): order for order in seed_shop.orders}
    asked_orders: dict[str, list[Order]] = {}
    for order in shop.orders:
        asked_orders.setdefault(order_key(order.number), []).append(order)
    layout = ReturnLayout(vendor, words, start, mistakes, orders, asked_orders)
    returns = []
    for place, asked in enumerate(shop.returns):
        if layout.has(asked):
            with mistakes.skipping():
                returns.append(layout.one(place, asked))
    returns.sort(key=lambda made: made.created_at)
    return seed_shop, tuple(replace(made, number=number) for number, made in enumerate(returns, start=1))


@dataclass(slots=True)
class ReturnLayout:
    """Builds the returns of `vendor` from a shop; the tenant's clock starts at `start` (µs).

    `orders` contains the vendor's valid orders, and `asked_orders` contains all orders in the shop. Both are
    keyed by `order_key`.
    """

    vendor: str
    words: ShopWords
    start: int
    mistakes: Mistakes
    orders: Mapping[str, SeedOrder]
    asked_orders: Mapping[str, Sequence[Order]]
    _returned: Counter[tuple[str, str]] = field(default_factory=Counter)
    _tracking: set[str] = field(default_factory=set)

    def has(self, asked: Return) -> bool:
        """Return True if the shop's return `asked` exists at the vendor.

        If the return lists vendors, only these vendors have it. Otherwise, the vendors that have the order
        also have the return. If the shop does not contain the order, the result is True, so that the mistake
        is noted later.
        """
        if asked.vendors:
            return self.vendor in asked.vendors
        orders = self.asked_orders.get(order_key(asked.order), ())
        return not orders or any(has(order.vendors, self.vendor) for order in orders)

    def one(self, place: int, asked: Return) -> SeedReturn:
        """Build the shop's return `asked`, which is at index `place` of the shop's list of returns.

        Its `number` is 0 until all returns are sorted. Raises `RecordSkipped` if the return has a mistake.
        """
        path, attempt = f"returns[{place}]", self.mistakes.attempt
        order = attempt(self._order, path, asked)
        stated = attempt(self._status, path, asked)
        return_type = attempt(self._type, path, asked)
        items = attempt(self._items, path, asked, order, stated and stated[1])
        timing = attempt(self._timing, path, asked, order)
        if order is None or stated is None or return_type is None or items is None or timing is None:
            raise RecordSkipped
        status, state = stated
        moves = journey.moves(self.words, status, state, parcel=asked.parcel is not None, timing=timing)
        return SeedReturn(
            number=0,
            created_at=timing.created,
            ordered_at=order.ordered_at,
            order_number=order.number,
            ordered=tuple((line.sku, line.quantity) for line in order.lines),
            customer=order.customer,
            return_type=return_type,
            currency=order.currency,
            items=items,
            moves=moves,
            shipment=self._shipment(path, place, asked, moves, state),
            notes=(),
            refund=_refund(return_type, asked, items, moves[-1].at) if state == "completed" else None,
            staged=True,
            from_shop=True,
        )

    def _order(self, path: str, asked: Return) -> SeedOrder:
        if order := self.orders.get(order_key(asked.order)):
            return order
        of_number = self.asked_orders.get(order_key(asked.order), ())
        if any(has(order.vendors, self.vendor) for order in of_number):
            raise RecordSkipped  # the order's own mistake is noted already
        if of_number:
            others = ", ".join(name for order in of_number for name in order.vendors)
            raise self.mistakes.note(
                f"{path}.order", f"{self.vendor} does not have {asked.order}; {others} have it"
            )
        numbers = [order.number for orders in self.asked_orders.values() for order in orders]
        raise self.mistakes.note(f"{path}.order", unknown("order", asked.order, numbers))

    def _difference(self, asked: Return) -> Difference:
        return asked.by_vendor.get(self.vendor, Difference())

    def _status(self, path: str, asked: Return) -> tuple[str, State]:
        """Return a return's status at the vendor, and its neutral state.

        The status in the shop is either vendor-neutral or one of the vendor's own statuses.
        """
        other = self._difference(asked).status
        given, words = other or asked.status, self.words
        path = f"{path}.by_vendor.{self.vendor}.status" if other else f"{path}.status"
        if given in words.own_statuses:
            return given, words.own_statuses[given]
        neutral = STATES.get(word(given))
        if neutral is not None and neutral in words.statuses:
            return words.statuses[neutral], neutral
        possible = [name for name, state in STATES.items() if state in words.statuses]
        own = f"{self.vendor}'s own are {', '.join(words.own_statuses)}"
        if neutral is not None:
            problem = (
                f"{self.vendor} has no status for {given}; possible are {', '.join(possible)}, and {own}; "
                "choose one under by_vendor, or name the return's vendors"
            )
        elif other or asked.vendors:
            problem = unknown(f"status of {self.vendor}", given, [*possible, *words.own_statuses])
        else:
            problem = unknown("status", given, STATES)
        raise self.mistakes.note(path, problem)

    def _type(self, path: str, asked: Return) -> str:
        other = self._difference(asked).type
        given = word(other or asked.type)
        if given not in self.words.types:
            path = f"{path}.by_vendor.{self.vendor}.type" if other else f"{path}.type"
            raise self.mistakes.note(path, unknown(f"return type of {self.vendor}", given, self.words.types))
        if given == "exchange" and word(asked.status) == "refunded":
            raise self.mistakes.note(f"{path}.status", "an exchange is not refunded; write completed")
        return given

    def _items(
        self, path: str, asked: Return, order: SeedOrder | None, state: State | None
    ) -> tuple[SeedItem, ...]:
        """Build a return's items; if `order` or `state` is None, its mistake has been noted already."""
        lines = {line.sku: line for line in order.lines} if order else {}
        wanted = asked.items or [ReturnItem(sku=sku) for sku in lines]
        items: dict[str, SeedItem | None] = {}
        for place, item in enumerate(wanted):
            at = f"{path}.items[{place}]" if asked.items else f"{path}.order"
            if item.sku in items:
                self.mistakes.note(f"{at}.sku", f"{item.sku} occurs twice; write its quantity instead")
            reason = self.mistakes.attempt(self._reason, path, at, asked, item)
            line = lines.get(item.sku)
            if line is None and order:
                self.mistakes.note(f"{at}.sku", unknown(f"item of {order.number}", item.sku, lines))
            if line is None or order is None or reason is None:
                items[item.sku] = None
                continue
            quantity = item.quantity or line.quantity
            if state not in {None, "rejected", "cancelled"}:
                self._take(f"{at}.quantity" if item.quantity else at, order.number, line, quantity)
            price, comment = line.unit_price, item.comment
            items[item.sku] = SeedItem(line.sku, line.name, line.size, quantity, price, reason, comment)
        valid = tuple(item for item in items.values() if item is not None)
        if len(valid) < len(items):
            raise RecordSkipped
        units, limit = sum(item.quantity for item in valid), self.words.max_units
        if limit is not None and units > limit:
            problem = f"contains {units} units, but a return of {self.vendor} has at most {limit}"
            raise self.mistakes.note(f"{path}.items" if asked.items else f"{path}.order", problem)
        return valid

    def _take(self, path: str, order: str, line: SeedLine, quantity: int) -> None:
        self._returned[order, line.sku] += quantity
        total = self._returned[order, line.sku]
        if total > line.quantity:
            problem = (
                f"{total} of {line.sku} would be returned in total, but {order} has only {line.quantity}"
            )
            self.mistakes.note(path, problem)

    def _reason(self, path: str, at: str, asked: Return, item: ReturnItem) -> str:
        other, words = self._difference(asked).reason, self.words
        given = other or item.reason
        if word(given) in REASONS:
            return word(given)
        if given in words.reasons.values() or (words.any_reason and (other or asked.vendors)):
            return given
        path = f"{path}.by_vendor.{self.vendor}.reason" if other else f"{at}.reason"
        if other or asked.vendors:
            known = dict.fromkeys([*REASONS, *words.reasons.values()])
            raise self.mistakes.note(path, unknown(f"reason of {self.vendor}", given, known))
        problem = f"{unknown('reason', given, REASONS)} Write a vendor's own reason under by_vendor"
        raise self.mistakes.note(path, problem)

    def _timing(self, path: str, asked: Return, order: SeedOrder | None) -> journey.Timing:
        attempt = self.mistakes.attempt
        created = attempt(self._moment, f"{path}.age", asked.age or USUAL_AGE)
        changed = attempt(self._moment, f"{path}.changed", asked.changed) if asked.changed else None
        if created is not None and order is not None and created < order.ordered_at:
            at = f"{path}.age" if asked.age else path
            raise self.mistakes.note(at, f"the return would be older than its order {order.number}")
        if created is not None and changed is not None and changed < created:
            raise self.mistakes.note(f"{path}.changed", "the change would be before the return's request")
        if created is None or (asked.changed and changed is None):
            raise RecordSkipped
        return journey.Timing(created, changed, self.start)

    def _shipment(
        self, path: str, place: int, asked: Return, moves: Sequence[SeedMove], state: State
    ) -> SeedShipment | None:
        parcel = asked.parcel or Parcel()
        if not any(move.state == "label_sent" for move in moves):
            if asked.parcel is not None:
                problem = f"a return that is {asked.status} has no parcel; remove it, or write a later status"
                self.mistakes.note(f"{path}.parcel", problem)
            return None
        if parcel.status and state != "in_transit":
            self.mistakes.note(f"{path}.parcel.status", "can only be given for a return that is in_transit")
        number = parcel.tracking_number or _invented_number(asked.order, place)
        if number.upper() in self._tracking:
            self.mistakes.note(f"{path}.parcel.tracking_number", f"{number} is used twice")
        self._tracking.add(number.upper())
        scans = journey.scans(moves, parcel.status or "in_transit", self.start)
        return SeedShipment(scans[0].at, parcel.carrier, parcel.service, number, scans)

    def _moment(self, path: str, text: str) -> int:
        try:
            return ages.moment(text, self.start)
        except ValueError as error:
            raise self.mistakes.note(path, str(error)) from None


def word(text: str) -> str:
    """Convert a word such as `In transit` to lower case with underscores: `in_transit`."""
    return "_".join(text.lower().replace("-", " ").replace("_", " ").split())


def _refund(return_type: str, asked: Return, items: Sequence[SeedItem], at: int) -> SeedRefund | None:
    if return_type == "exchange":
        return None
    amount = sum((item.unit_price * item.quantity for item in items), Decimal(0))
    return SeedRefund(
        at, amount, "original_payment" if return_type == "refund" else "store_credit", asked.refund
    )


def _invented_number(order: str, place: int) -> str:
    """Derive a tracking number from an order number and the index of the return in the shop."""
    letters = "".join(letter for letter in order.upper() if letter.isalnum())
    return f"TRK{letters}{place + 1:04d}"
