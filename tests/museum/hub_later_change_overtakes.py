"""A refused delivery is tried again later, and a later change of the same return arrives before it."""

from dataclasses import replace
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import events


def patch(patch: pytest.MonkeyPatch) -> None:
    enqueue = events._enqueue

    def apart(connection: Any, of: str, subscribed: Any, number: int, found: Any, now: Any) -> None:
        lonely = replace(found, record=f"{found.record} {number}")
        enqueue(connection, of, subscribed, number, lonely, now)

    patch.setattr(events, "_enqueue", apart)


EXHIBIT = Exhibit(
    cited=("hasura/graphql-engine#4043", "livekit/protocol#345"),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="order_per_return",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
