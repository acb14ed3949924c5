"""A vendor that returns the same page again and again is asked for the next one without end."""

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport.paging import Page, PageWalk


def asks_for_ever(patch: pytest.MonkeyPatch) -> None:
    def visit(self: PageWalk, page: Page) -> bool:
        self.pages += 1
        self.total = page.total
        return True

    patch.setattr(PageWalk, "visit", visit)


EXHIBIT = Exhibit(
    cited=("apache/seatunnel#10929", "NangoHQ/nango-sync#20"),
    vendor="returnlogic",
    trigger="new_rma",
    caught_by="calls_within_the_budget",
    patch=asks_for_ever,
)
