"""A write whose answer was lost is sent again like a read, so it is made twice."""

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport import retries


def repeats_writes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retries, "_may_be_done", lambda _problem: False)


EXHIBIT = Exhibit(
    cited=("aden-hive/hive#5947",),
    vendor="returnmate",
    trigger="new_return",
    caught_by="one_effect_per_write",
    patch=repeats_writes,
)
