"""Facts about Exsited: statuses, page sizes, token lifetimes, and how its ids are formed.

Source: vendor page. A token lifetime of one hour is in the documentation's sample (documented); all other
durations are assumed.
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
"""The vendor page names these two statuses and says that there are more, without naming them."""
RECORDER: Final = Recorder(NAME, LIFECYCLE)

PLANS: Final = {"standard": Plan("standard", ())}
"""No limit is documented."""

TOKEN_SECONDS: Final = 3_600
REFRESH_SECONDS: Final = 30 * 86_400
READY_SECONDS: Final = 365 * 86_400
"""Lifetime of the ready-made access token that the sandbox shows with a key."""
REDIRECT_URI: Final = "https://shop.example/exsited"

NO_PAGE: Final = "NULL"
"""The value of a page link when there is no such page."""
USUAL_PAGE: Final = 20
LARGEST_PAGE: Final = 100

HOUR: Final = 3_600_000_000
ARRIVES_AFTER: Final = 73 * HOUR
"""How long after it is sent a shopper's parcel arrives, in µs."""
CLERK: Final = "Priya (returns desk)"
WAREHOUSE: Final = "Tom (warehouse)"
CLIENT: Final = "API user"

_SPACE: Final = uuid.UUID("7d2f6c1e-5b0a-5f83-9a44-c2b1c0d9e8f7")
# The stride has no common factor with 10**8, so each number below that gets digits of its own.
_STRIDE: Final = 61_803_399
_START: Final = 14_142_135


def digits(number: int) -> str:
    """Return eight digits that look random, unique for each number below 100 million."""
    return f"{(number * _STRIDE + _START) % 100_000_000:08d}"


def uuid_of(*parts: str) -> str:
    """Return a UUID derived from the parts: the same parts get the same UUID."""
    return str(uuid.uuid5(_SPACE, "\0".join(parts)))
