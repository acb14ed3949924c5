"""The records for which triggers fire in the sandbox, as they are when the trigger finds them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from connector.definition.model import Integration
from mock_server.lifecycle import IllegalMove
from support.all_statuses import moves, status_paths
from support.certificate.delivery import Delivery
from support.certificate.python import Python
from support.certificate.stories import Poll
from support.merchant import VendorSandbox

Record = Mapping[str, Any]
PAUSE = 3 * 86_400
"""After this time (s) a parcel that was sent is delivered."""


@dataclass
class _Collecting(Delivery):
    """Lets much happen in a shop, polls after each change, and keeps the record of each event."""

    records: list[Record] = field(default_factory=list)

    def take(self, id_: str, data: Any) -> None:
        self.records.append(data)
        super().take(id_, data)

    def live(self) -> None:
        """Let returns make every move, others be delivered and worked on, and one be worked on early."""
        self.start()
        for path in moves(self.offer.vendor.id):
            self._move(self._ask(), path)
        for number, path in enumerate(status_paths(self.offer.vendor.id)):
            newest = self._ask()
            self._pass()
            self._pass()
            self._move(newest, path)
            self._work(newest, number)
        self._work(self._ask(), 0)

    def _ask(self) -> str:
        """Let a shopper request a return, and return its ID.

        A trigger for a state finds a return in its first state only if nothing happens before the next poll.
        """
        self.do(("ask", 0))
        if getattr(self.trigger.source, "state", None) is None:
            self.do(Poll())
        return list(self.merchant.statuses())[-1]

    def _pass(self) -> None:
        self.merchant.advance(PAUSE)
        self.do(Poll())

    def _work(self, id_: str, number: int) -> None:
        for choice in (number, number + 1):
            self.run(self.shop.work_on(id_, choice))
            self.do(Poll())
        self._pass()

    def _move(self, id_: str, path: Sequence[str]) -> None:
        """Move a return along a path; other paths end in the statuses between."""
        with suppress(IllegalMove):  # the table allows the move, but an earlier step has ruled it out
            for status in path:
                self.merchant.move(id_, status)
        self.do(Poll())


def fired(backend: VendorSandbox, offer: Integration, key: str) -> list[Record]:
    """Return the records for which a trigger fires in a shop in which much happens."""
    delivery = _Collecting(backend, offer, key, Python())
    try:
        delivery.live()
    finally:
        delivery.close()
    return delivery.records
