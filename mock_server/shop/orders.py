"""Builds a vendor's products, customers and orders from a shop."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mock_server.seed import SeedAddress, SeedCustomer, SeedLine, SeedOrder, SeedShop
from mock_server.seed.requests import invented_name
from mock_server.shop import ages
from mock_server.shop.mistakes import Mistakes, RecordSkipped
from mock_server.shop.model import Customer, Line, Order, Return, Shop
from mock_server.spelling import unknown

USUAL_AGE: Final = "3d"
"""The default age of a return."""
_USUAL_ORDER_AGE: Final = "14d"
_AHEAD: Final = 7 * 86_400_000_000
"""The least time between an order without an age and its oldest return, in microseconds."""


@dataclass(slots=True)
class OrderLayout:
    """Builds the orders of `vendor` from a shop; the tenant's clock starts at `start` (µs)."""

    shop: Shop
    vendor: str
    start: int
    mistakes: Mistakes
    _returns: dict[str, list[Return]] = field(default_factory=dict)

    def lay_out(self) -> SeedShop:
        """Build the vendor's products, customers and orders; records with a mistake are left out."""
        for asked in self.shop.returns:
            self._returns.setdefault(order_key(asked.order), []).append(asked)
        lines = self._products()
        people = self._customers()
        orders: dict[str, SeedOrder] = {}
        for place, order in enumerate(self.shop.orders):
            if has(order.vendors, self.vendor):
                with self.mistakes.skipping():
                    key = order_key(order.number)
                    if key in orders:
                        raise self.mistakes.note(f"orders[{place}].number", f"{order.number} is used twice")
                    orders[key] = self._order(f"orders[{place}]", order, lines, people)
        in_order = sorted(orders.values(), key=lambda order: order.ordered_at)
        return SeedShop(tuple(lines.values()), tuple(people.values()), tuple(in_order))

    def _products(self) -> dict[str, SeedLine]:
        lines: dict[str, SeedLine] = {}
        for place, product in enumerate(self.shop.products):
            sku = product.sku
            if sku in lines:
                self.mistakes.note(f"products[{place}].sku", f"{sku} is used twice")
            lines[sku] = SeedLine(sku, product.name or sku, product.size, 1, product.price)
        return lines

    def _customers(self) -> dict[str, SeedCustomer]:
        """Build the customers, keyed by e-mail address in lower case."""
        people: dict[str, SeedCustomer] = {}
        orders = Counter(order.customer.lower() for order in self.shop.orders)
        for place, customer in enumerate(self.shop.customers):
            key = customer.email.lower()
            if key in people:
                self.mistakes.note(f"customers[{place}].email", f"{customer.email} is used twice")
            people[key] = _customer(customer, orders[key])
        return people

    def _order(
        self, path: str, order: Order, lines: Mapping[str, SeedLine], people: Mapping[str, SeedCustomer]
    ) -> SeedOrder:
        customer = people.get(order.customer.lower())
        if customer is None:
            known = [customer.email for customer in people.values()]
            self.mistakes.note(f"{path}.customer", unknown("customer", order.customer, known))
        ordered: dict[str, SeedLine | None] = {}
        for place, line in enumerate(order.items):
            if line.sku in ordered:
                problem = f"{line.sku} occurs twice; write its quantity instead"
                self.mistakes.note(f"{path}.items[{place}].sku", problem)
            ordered[line.sku] = self.mistakes.attempt(self._line, f"{path}.items[{place}]", line, lines)
        age = order.age
        at = self.mistakes.attempt(self._moment, f"{path}.age", age or _USUAL_ORDER_AGE)
        valid = [line for line in ordered.values() if line is not None]
        if customer is None or at is None or len(valid) < len(ordered):
            raise RecordSkipped
        at = at if age else self._usual_moment(order.number)
        currency = order.currency or self.shop.currency
        return SeedOrder(order.number, at, customer, currency, tuple(valid))

    def _line(self, path: str, line: Line, lines: Mapping[str, SeedLine]) -> SeedLine:
        known = lines.get(line.sku)
        if known is None:
            raise self.mistakes.note(f"{path}.sku", unknown("product", line.sku, lines))
        price = known.unit_price if line.price is None else line.price
        return SeedLine(known.sku, known.name, known.size, line.quantity, price)

    def _moment(self, path: str, text: str) -> int:
        try:
            return ages.moment(text, self.start)
        except ValueError as error:
            raise self.mistakes.note(path, str(error)) from None

    def _usual_moment(self, number: str) -> int:
        """Return the time (µs) of an order without an age, at least `_AHEAD` before its oldest return."""
        placed = ages.moment(_USUAL_ORDER_AGE, self.start)
        for asked in self._returns.get(order_key(number), ()):
            try:
                placed = min(placed, ages.moment(asked.age or USUAL_AGE, self.start) - _AHEAD)
            except ValueError:
                continue  # noted together with the return
        return placed


def order_key(number: str) -> str:
    """Normalize an order number: remove the leading `#`, which some vendors omit."""
    return number.removeprefix("#")


def has(vendors: Iterable[str], vendor: str) -> bool:
    """Return True if a record exists at `vendor`.

    `vendors` contains the names in the record's field `vendors`; if it is empty, the record exists at all
    vendors.
    """
    named = tuple(vendors)
    return not named or vendor in named


def _customer(customer: Customer, orders: int) -> SeedCustomer:
    home, email = customer.address, customer.email
    return SeedCustomer(
        name=customer.name or invented_name(email),
        email=email,
        phone=customer.phone,
        address=SeedAddress(home.street, home.city, home.region, home.postcode, home.country),
        orders=orders,
    )
