"""What happens in a shop, outside the polls: a vocabulary of acts, each a name and a number."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from connector.definition.model import Trigger
from connector.runtime.connection import Connection
from mock_server.lifecycle import IllegalMove
from support.certificate.ledger import CARRIER_ACTS, WORK, target_statuses
from support.merchant import Merchant

Act = tuple[str, int]
MONTH = 30 * 86_400
LATEST = 14 * 60
"""How late a return may appear, in seconds; shorter than every overlap."""
HOUR = 3_600
SHOP_ACTS = ("ask", "future", "move", "further", "work", "advance", "tick", "delete")
"""Acts of shoppers, staff and time; `adversary.WIRE_ACTS` are the acts of the network and the vendor."""


@dataclass
class Shop:
    """Performs acts for one merchant. A number that names a return or a status is taken modulo their count.

    - `ask`: a shopper asks for a return, dated this number of seconds ago; `future`: this number of hours
      ahead.
    - `move`: the staff moves a return by one allowed step; `further`: by up to four, toward the trigger's
      statuses; `work`: the staff works on a return through the API (label, receipt, inspection …).
    - `advance`: this number of seconds passes; `tick`: this number of tenths of a second.
    - `delete`: a return, or an order, vanishes with its parts. `deleted` contains the IDs of all of them.
    """

    merchant: Merchant
    staff: Connection
    trigger: Trigger
    deleted: list[str] = field(default_factory=list)
    passed: float = 0

    async def act(self, act: Act) -> None:
        kind, number = act
        if kind in {"ask", "future"}:
            several = 3 if "receive_return" in self.staff.actions else 1
            late = number if kind == "ask" else -number * HOUR
            self.merchant.ask_for_return(seconds_ago=late, quantity=several)
        elif kind in {"advance", "tick"}:
            self._pass(number if kind == "advance" else number / 10)
        elif kind == "delete":
            self._delete(number)
        elif returns := list(self.merchant.statuses().items()):
            await self._move(kind, number, *returns[number % len(returns)])

    def _pass(self, seconds: float) -> None:
        """Advance the clock, by less than a month in all: no record leaves a trigger's look-back."""
        if self.passed + seconds < MONTH:
            self.passed += seconds
            self.merchant.advance(seconds)

    def _delete(self, number: int) -> None:
        """Delete a return, or an order if the trigger is about orders."""
        kind = "order" if self.trigger.resource == "order" else "return"
        records = list(self.merchant.orders() if kind == "order" else self.merchant.statuses())
        if left := [id_ for id_ in records if id_ not in self.deleted]:
            gone = self.merchant.delete(kind, left[number % len(left)])
            self.deleted += gone

    async def _move(self, kind: str, number: int, id_: str, status: str) -> None:
        following = self.merchant.next_statuses(status)
        if kind == "move" and following:
            self._walk(id_, [following[number % len(following)]])
        elif kind == "further":
            way = self.merchant.way(status, target_statuses(self.trigger))
            self._walk(id_, way[: 1 + number // 7 % 4])
        elif kind == "work":
            await self.work_on(id_, number)

    async def work_on(self, id_: str, number: int) -> None:
        """Work on one return through the API; `number` chooses how, such as the result of an inspection."""
        for action in self.staff.actions.keys() & WORK.keys():
            await WORK[action](self.staff, self.merchant, id_, number)
        self._scan(id_, number)

    def _scan(self, id_: str, number: int) -> None:
        """Let the carrier bring a parcel into the status that the trigger is about, if an act does so."""
        acts = {act for status in self.aimed_at if (act := CARRIER_ACTS.get(status))}
        for act in acts if number % 2 else ():
            for shipment in self.merchant.parts("shipment", id_):
                with suppress(ValueError):  # it was delivered, or has a problem already
                    self.merchant.act(act, shipment_id=shipment)

    @property
    def aimed_at(self) -> Iterable[str]:
        return getattr(self.trigger.source, "reached", None) or ()

    def _walk(self, id_: str, statuses: Iterable[str]) -> None:
        """Move a return; the table allows each move, but an earlier step may have ruled it out."""
        with suppress(IllegalMove):
            for status in statuses:
                self.merchant.move(id_, status)
