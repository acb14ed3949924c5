"""A row that vanishes while pages are read moves the next one to a page already read, and nothing notices."""

import pytest
from support.certificate.exhibits import Exhibit

from connector.runtime.polling import created_since


def never_doubts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(created_since, "_may_miss_rows", lambda *_what: False)


EXHIBIT = Exhibit(
    cited=("openlinker-project/openlinker#2656", "openlinker-project/openlinker#2032"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    patch=never_doubts,
)
