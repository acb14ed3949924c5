"""The cursor is saved in one transaction and the events in another, so a crash between them loses events."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import polling
from connector.hub.events import Outcome


def patch(patch: pytest.MonkeyPatch) -> None:
    settle, poll = vars(polling)["settle"], polling.Poller.poll
    unsaved: dict[str, tuple[Outcome, datetime, datetime]] = {}

    def cursors_only(
        connection: Any, lease: polling.Lease, outcome: Outcome, now: datetime, due: datetime
    ) -> bool:
        unsaved[lease.id] = (outcome, now, due)
        stored: bool = settle(connection, lease, replace(outcome, found=()), now, due)
        return stored

    async def in_two_steps(self: polling.Poller, lease: polling.Lease) -> None:
        await poll(self, lease)
        if lease.id in unsaved:
            again = replace(lease, version=lease.version + 1)
            outcome, now, due = unsaved.pop(lease.id)
            await self._store.run(settle, again, outcome, now, due)

    patch.setattr(polling, "settle", cursors_only)
    patch.setattr(polling.Poller, "poll", in_two_steps)


EXHIBIT = Exhibit(
    cited=("robinhood/faust#75", "algorandfoundation/algokit-subscriber-ts#60"),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
