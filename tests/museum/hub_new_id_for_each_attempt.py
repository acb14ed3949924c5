"""Each attempt to deliver an event gets an ID of its own, so the target cannot recognize a repeated one."""

from dataclasses import replace
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import delivering


def patch(patch: pytest.MonkeyPatch) -> None:
    due = delivering._due

    def numbered(row: Any, *more: Any) -> delivering.Due:
        one = due(row, *more)
        return replace(one, webhook_id=f"{one.webhook_id}-{one.attempts}")

    patch.setattr(delivering, "_due", numbered)


EXHIBIT = Exhibit(
    cited=("liwala/ay-framework#252", "documenso/documenso#3204"),
    vendor="swap",
    trigger="new_return",
    caught_by="nothing_under_a_second_id",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
