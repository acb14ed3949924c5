"""The circuit of a target opens after some failures, and no later attempt closes it again."""

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import circuits

YEARS = 10 * 365 * 86_400


def patch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(circuits, "PAUSES", (YEARS,))


EXHIBIT = Exhibit(
    cited=("prognostikos/cb2#1", "NousResearch/hermes-agent#13474"),
    vendor="exsited",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
