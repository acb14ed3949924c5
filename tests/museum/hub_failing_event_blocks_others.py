"""While an event is refused, the deliveries of all other returns to the same target wait too."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import delivering
from connector.hub.moments import micros
from connector.hub.tables import deliveries


def patch(patch: pytest.MonkeyPatch) -> None:
    lease_due = delivering.lease_due

    def oldest_first(connection: sa.Connection, lease: str, now: datetime) -> int:
        failing = deliveries.alias("failing")
        blocked = sa.select(failing.c.number).where(
            failing.c.subscription == deliveries.c.subscription,
            failing.c.state == delivering.WAITING,
            failing.c.number < deliveries.c.number,
            failing.c.attempts > 0,
        )
        later = sa.func.max(deliveries.c.due_at, micros(now) + 60_000_000)
        waits = sa.update(deliveries).where(deliveries.c.state == delivering.WAITING, blocked.exists())
        connection.execute(waits.values(due_at=later))
        return lease_due(connection, lease, now)

    patch.setattr(delivering, "lease_due", oldest_first)


EXHIBIT = Exhibit(
    cited=("webhookdb/webhookdb#237", "abpframework/abp#11210", "aptabase/aptabase-maui#19"),
    vendor="swap",
    trigger="new_return",
    caught_by="late_within_the_bound",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
