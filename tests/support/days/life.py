"""What happens in shops: returns come, with busy hours and a sale, and move on until they are done."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from mock_server.lifecycle import IllegalMove
from support.days.shops import Shop

DAY, HOUR = 86_400, 3_600
BUSIEST = 15 * HOUR
"""The time of day at which most returns come, in seconds."""
WEEK = (1.6, 1.2, 1.0, 1.0, 0.9, 0.7, 0.6)
"""How many returns come on each day of the week, compared with the average; Monday is the first."""
SALE = 5.0
"""How many times as many returns come on the day after a sale."""
PAUSE = 9 * HOUR
"""The average time in seconds between two changes of a return."""
SHORTEST_PAUSE = 30.0
LEFT = 0.1
"""The share of returns that stay as they are from then on, at each change."""


@dataclass(order=True)
class Due:
    """Something that happens at a second: a new return (`id_` is ""), or a change of a return."""

    second: float
    number: int
    shop: Shop = field(compare=False)
    id_: str = field(default="", compare=False)


class Life:
    """The life of shops during some days; the same seed leads to the same life."""

    def __init__(self, shops: Sequence[Shop], days: int, returns_a_day: float, seed: int) -> None:
        self.random = Random(seed)
        self.last = days * DAY
        self.waiting: list[Due] = []
        self.changes = 0
        sale = days // 2
        for shop in shops:
            for day in range(days):
                weight = WEEK[day % len(WEEK)] * (SALE if day == sale else 1)
                count = self.random.gauss(returns_a_day * weight, 1)
                for _ in range(max(0, round(count))):
                    self._plan(day * DAY + self.random.triangular(0, DAY - 1, BUSIEST), shop)

    def __iter__(self) -> Iterator[Due]:
        """Yield what happens, in order; call `happens` for each of them."""
        while self.waiting:
            yield heapq.heappop(self.waiting)

    def happens(self, due: Due) -> str:
        """Let it happen; return the ID of the return, or "" if nothing has changed."""
        id_ = due.id_ or due.shop.new_return()
        if due.id_ and not self._moves(due.shop, id_):
            return ""
        self.changes += 1
        if self.random.random() > LEFT:
            pause = max(SHORTEST_PAUSE, self.random.expovariate(1 / PAUSE))
            if due.second + pause < self.last:
                self._plan(due.second + pause, due.shop, id_)
        return id_

    def _moves(self, shop: Shop, id_: str) -> bool:
        following = shop.next_statuses(shop.status(id_))
        if following:
            with suppress(IllegalMove):  # the table allows the move, but the return's history does not
                shop.move(id_, self.random.choice(following))
                return True
        return False

    def _plan(self, second: float, shop: Shop, id_: str = "") -> None:
        heapq.heappush(self.waiting, Due(second, len(self.waiting) + self.changes * 1_000, shop, id_))
