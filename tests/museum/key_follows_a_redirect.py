"""A redirect to another host is followed with the key in its own header."""

from typing import Any

import pytest
from support.certificate.exhibits import Exhibit

from connector.transport import sending


def follows(patch: pytest.MonkeyPatch) -> None:
    init = sending.Sender.__init__

    def following(self: sending.Sender, *what: Any) -> None:
        init(self, *what)
        self.http.follow_redirects = True
        self.http.event_hooks = {}

    patch.setattr(sending.Sender, "__init__", following)
    patch.setattr(sending, "origin", lambda _url: ())


EXHIBIT = Exhibit(
    cited=("openai/openai-python#3516", "opengovsg/plumber#2200"),
    vendor="swap",
    trigger="new_return",
    caught_by="the_key_stays_home",
    patch=follows,
)
