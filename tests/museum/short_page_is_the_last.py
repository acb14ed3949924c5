"""A page with fewer rows than requested is taken for the last one, but the vendor limits the page size."""

from dataclasses import replace
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport import client
from connector.transport.paging import Page, as_page


def ends_at_a_short_page(patch: pytest.MonkeyPatch) -> None:
    def page(paging: Any, answer: Any, position: Any, size: int) -> Page:
        read = as_page(paging, answer, position, size)
        return replace(read, next=None) if len(read.rows) < size else read

    patch.setattr(client, "as_page", page)


EXHIBIT = Exhibit(
    cited=("VinzenzKlass/anaplan-sdk#348",),
    vendor="returnlogic",
    trigger="new_order",
    caught_by="nothing_lost",
    patch=ends_at_a_short_page,
)
