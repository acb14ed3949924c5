"""A process attempts deliveries that another one has leased, so the target receives each of them twice."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import delivering
from connector.hub.tables import deliveries


def patch(patch: pytest.MonkeyPatch) -> None:
    lease_due = delivering.lease_due

    def take_all(connection: sa.Connection, lease: str, now: datetime) -> int:
        connection.execute(sa.update(deliveries).values(leased_until=0))
        return lease_due(connection, lease, now)

    patch.setattr(delivering, "lease_due", take_all)


EXHIBIT = Exhibit(
    cited=("seatgeek/djjob#2", "schmittjoh/JMSJobQueueBundle#76"),
    vendor="swap",
    trigger="return_status_changed",
    caught_by="nothing_twice",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
