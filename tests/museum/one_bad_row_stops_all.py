"""One row that cannot be read ends every poll, so no other row is delivered either."""

from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.errors import UnexpectedResponse
from connector.runtime import triggers
from connector.runtime.polling import ReadResult
from connector.runtime.polling.model import without_unreadable


def stops(patch: pytest.MonkeyPatch) -> None:
    def strictly(read: ReadResult, *rest: Any) -> ReadResult:
        checked = without_unreadable(read, *rest)
        if checked.unreadable:
            raise UnexpectedResponse(checked.unreadable[0].why)
        return checked

    patch.setattr(triggers, "without_unreadable", strictly)


EXHIBIT = Exhibit(
    cited=("MinnPost/object-sync-for-salesforce#97", "SEL-Columbia/formhub#1210"),
    vendor="returnmate",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    patch=stops,
)
