"""A redirect to another host is followed with the key in its own header."""

from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport import sending

REDIRECTS, SAME_METHOD = range(300, 400), (307, 308)


def follows(patch: pytest.MonkeyPatch) -> None:
    replied = sending.Sender._replied

    async def following(self: Any, prepared: Any, credential: str) -> Any:
        reply = await replied(self, prepared, credential)
        if reply.status_code not in REDIRECTS or not reply.location:
            return reply
        target = reply.url.join(reply.location)
        same = reply.status_code in SAME_METHOD
        method, content = (prepared.method, prepared.content) if same else ("GET", None)
        return await replied(self, self.http.build_request(method, target, content=content), credential)

    patch.setattr(sending.Sender, "_replied", following)
    patch.setattr(sending, "origin", lambda _url: ())


EXHIBIT = Exhibit(
    cited=("openai/openai-python#3516", "opengovsg/plumber#2200"),
    vendor="swap",
    trigger="new_return",
    caught_by="the_key_stays_home",
    patch=follows,
)
