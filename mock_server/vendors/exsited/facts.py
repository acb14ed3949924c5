"""Exsited's words: statuses, numbers, and how long tokens are good.

Source: vendor page; an hour is in the documentation's token sample. The other lengths of time are assumed.
"""

import uuid
from typing import Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder

NAME: Final = "exsited"

LIFECYCLE: Final = Lifecycle(
    initial="PENDING",
    states={"PENDING": "requested", "CLOSED": "completed"},
    transitions={"PENDING": ("CLOSED",), "CLOSED": ()},
)
"""The page names two statuses and says that there are more; which, nobody tells."""
RECORDER: Final = Recorder(NAME, LIFECYCLE)

PLANS: Final = {"standard": Plan("standard", ())}
"""No limit is documented."""

TOKEN_SECONDS: Final = 3_600
REFRESH_SECONDS: Final = 30 * 86_400
READY_SECONDS: Final = 365 * 86_400
"""How long the token is good that the sandbox hands out ready-made."""
REDIRECT_URI: Final = "https://shop.example/exsited"

NOWHERE: Final = "NULL"
"""Where a page link leads that leads nowhere."""
USUAL_PAGE: Final = 20
LARGEST_PAGE: Final = 100

HOUR: Final = 3_600_000_000
ARRIVES_AFTER: Final = 73 * HOUR
"""When what a shopper sends back arrives (µs)."""
CLERK: Final = "Priya (returns desk)"
WAREHOUSE: Final = "Tom (warehouse)"
CLIENT: Final = "API user"

_SPACE: Final = uuid.UUID("7d2f6c1e-5b0a-5f83-9a44-c2b1c0d9e8f7")
_STRIDE: Final = 61_803_399
_START: Final = 14_142_135


def digits(number: int) -> str:
    """Eight digits that look drawn at random, another eight for each number below 100 million."""
    return f"{(number * _STRIDE + _START) % 100_000_000:08d}"


def named(*parts: str) -> str:
    """The UUID of a thing, always the same for the same thing."""
    return str(uuid.uuid5(_SPACE, "\0".join(parts)))
