"""A request that the vendor limits is sent again without end."""

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport import retries


def never_gives_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retries, "ATTEMPTS", 1_000_000)


EXHIBIT = Exhibit(
    cited=("dfinity/agent-rs#602", "PagerDuty/pdpyras#139", "activepieces/activepieces#6155"),
    vendor="returnmate",
    trigger="return_status_changed",
    caught_by="calls_within_the_budget",
    patch=never_gives_up,
)
