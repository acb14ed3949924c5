"""The signature is computed from a body that is formatted again before it is sent, so it never fits."""

from typing import Any

import httpx
import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs


def patch(patch: pytest.MonkeyPatch) -> None:
    build = httpx.AsyncClient.build_request

    def formatted(self: httpx.AsyncClient, *what: Any, **more: Any) -> httpx.Request:
        if "webhook-id" in (more.get("headers") or {}):
            more["content"] = more["content"].replace(b'": ', b'":')
        return build(self, *what, **more)

    patch.setattr(httpx.AsyncClient, "build_request", formatted)


EXHIBIT = Exhibit(
    cited=("gabrielkoerich/orch#134", "ctrlplanedev/ctrlplane#852"),
    vendor="returnlogic",
    trigger="new_rma",
    caught_by="deliveries_are_signed",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
