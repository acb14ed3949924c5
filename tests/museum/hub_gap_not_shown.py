"""An event that was given up leaves no trace: the next one of its return does not say that it is missing."""

from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import delivering


def patch(patch: pytest.MonkeyPatch) -> None:
    payload = vars(delivering)["of_delivery"]

    def without_gap(*what: Any) -> dict[str, Any]:
        return {**payload(*what), "gap": False}

    patch.setattr(delivering, "of_delivery", without_gap)


EXHIBIT = Exhibit(
    cited=("hasura/graphql-engine#2097",),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="a_gap_is_shown",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
