"""A target that answers 404 ends its subscription, although its workflow is only switched off."""

from dataclasses import replace
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import delivering


def patch(patch: pytest.MonkeyPatch) -> None:
    settle = delivering.settle

    def gone(connection: Any, due: Any, attempt: delivering.Attempt, now: Any) -> str:
        status = delivering.GONE if attempt.status == 404 else attempt.status
        return settle(connection, due, replace(attempt, status=status), now)

    patch.setattr(delivering, "settle", gone)


EXHIBIT = Exhibit(
    cited=("postalsys/emailengine#119", "jezzsantos/ServiceStack.Webhooks#4"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="only_gone_ends_a_subscription",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
