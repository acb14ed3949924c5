"""The offset grows by the requested page size although the page was shorter, so rows are skipped."""

from dataclasses import replace
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport import client
from connector.transport.paging import Page, as_page


def strides_by_the_request(patch: pytest.MonkeyPatch) -> None:
    def page(paging: Any, answer: Any, position: Any, size: int) -> Page:
        read = as_page(paging, answer, position, size)
        return replace(read, next=int(position or 0) + size) if read.next is not None else read

    patch.setattr(client, "as_page", page)


EXHIBIT = Exhibit(
    cited=("ohdearquant/khive#894", "microsoft/PowerPlatformConnectors#2959"),
    vendor="returnlogic",
    trigger="new_rma",
    caught_by="nothing_lost",
    patch=strides_by_the_request,
)
