"""A redirected POST is repeated as a GET, and a record of its list is taken for the one that was made."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from support.certificate.exhibits import Exhibit

from connector.transport.sending import Sender

REDIRECTS = range(300, 400)


def repeats_as_get(patch: pytest.MonkeyPatch) -> None:
    replied = Sender._replied

    async def following(self: Any, prepared: Any, credential: str) -> Any:
        reply = await replied(self, prepared, credential)
        if reply.status_code not in REDIRECTS or prepared.method != "POST":
            return reply
        got = await replied(self, self.http.build_request("GET", prepared.url), credential)
        if got.status_code in REDIRECTS:
            return got
        rows = orjson.loads(got.content).get("data")
        return replace(got, content=orjson.dumps({"data": rows[0] if rows else None}))

    patch.setattr(Sender, "_replied", following)


EXHIBIT = Exhibit(
    cited=("psf/requests#4995", "valyala/fasthttp#2268"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="one_effect_per_write",
    patch=repeats_as_get,
)
