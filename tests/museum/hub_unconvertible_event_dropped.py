"""An event that the target's format cannot hold is marked as delivered, and the target never receives it."""

from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import delivering


def patch(patch: pytest.MonkeyPatch) -> None:
    payload, attempt = vars(delivering)["of_delivery"], delivering.Deliverer._attempt

    def bare(*what: Any) -> dict[str, Any]:
        body = payload(*what)
        return {} if body.get("kind") == "other" and body["data"] is None else body

    async def sent(self: delivering.Deliverer, due: delivering.Due) -> delivering.Attempt:
        return delivering.Attempt(204, "") if due.body == b"{}" else await attempt(self, due)

    patch.setattr(delivering, "of_delivery", bare)
    patch.setattr(delivering.Deliverer, "_attempt", sent)


EXHIBIT = Exhibit(
    cited=("OpenHands/software-agent-sdk#3516",),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
