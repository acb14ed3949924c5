"""Each webhook of the vendor brings a poll forward without limit, so a storm of them spends all calls."""

from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import budget
from connector.hub.hints import arriving


class Unlimited:
    MINUTE = budget.MINUTE

    @staticmethod
    def count(*_what: Any) -> bool:
        return True


def patch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(arriving, "budget", Unlimited)


EXHIBIT = Exhibit(
    cited=("estuary/flow#3060", "dust-tt/dust#2843"),
    vendor="returngo",
    trigger="new_return",
    caught_by="calls_within_the_budget",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
