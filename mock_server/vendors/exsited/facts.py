"""Exsited's constants, such as statuses, page sizes and token lifetimes, and functions that generate its IDs.

Source: vendor page. The token lifetime of one hour is documented, in a sample response; all other durations
are assumed.
"""

import uuid
from typing import Final

from mock_server.access.plans import Plan
from mock_server.lifecycle import Lifecycle
from mock_server.recorder import Recorder
from mock_server.seed.words import ShopWords

NAME: Final = "exsited"

LIFECYCLE: Final = Lifecycle(
    initial="PENDING",
    states={"PENDING": "requested", "CLOSED": "completed"},
    transitions={"PENDING": ("CLOSED",), "CLOSED": ()},
    verbs={"CLOSED": "Close"},
)
"""The vendor page names only these two statuses, but says that there are others."""
RECORDER: Final = Recorder(NAME, LIFECYCLE)

PLANS: Final = {"standard": Plan("standard", ())}
"""The vendor documents no rate limit."""

TOKEN_SECONDS: Final = 3_600
REFRESH_SECONDS: Final = 30 * 86_400
READY_SECONDS: Final = 365 * 86_400
"""The lifetime of the access token that the sandbox shows with a key, in seconds.

Because of this token, clients can use the API without requesting a token first.
"""
REDIRECT_URI: Final = "https://shop.example/exsited"

NO_PAGE: Final = "NULL"
"""The value of `next_page` on the last page, and of `previous_page` on the first page."""
USUAL_PAGE: Final = 20
LARGEST_PAGE: Final = 100

HOUR: Final = 3_600_000_000
ARRIVES_AFTER: Final = 73 * HOUR
"""How long a shopper's parcel takes to arrive, in microseconds."""
CLERK: Final = "Priya (returns desk)"
WAREHOUSE: Final = "Tom (warehouse)"
CLIENT: Final = "API user"

_SPACE: Final = uuid.UUID("7d2f6c1e-5b0a-5f83-9a44-c2b1c0d9e8f7")
# The stride has no common factor with 10**8, so different numbers below 10**8 have different results.
_STRIDE: Final = 61_803_399
_START: Final = 14_142_135


def digits(number: int) -> str:
    """Convert a number to eight random-looking digits, which are unique for numbers below 100 million."""
    return f"{(number * _STRIDE + _START) % 100_000_000:08d}"


def uuid_of(*parts: str) -> str:
    """Derive a UUID from strings; the same strings always result in the same UUID."""
    return str(uuid.uuid5(_SPACE, "\0".join(parts)))


SHOP_WORDS: Final = ShopWords(
    statuses={
        "requested": "PENDING",
        "approved": "PENDING",
        "label_sent": "PENDING",
        "in_transit": "PENDING",
        "received": "CLOSED",
        "inspected": "CLOSED",
        "completed": "CLOSED",
        "cancelled": "CLOSED",
    },
    own_statuses=LIFECYCLE.states,
    transitions=LIFECYCLE.transitions,
    any_reason=True,
)
"""The mapping of a shop's neutral terms to Exsited's terms. Exsited has no return reasons. A return is closed
when all of its items have arrived. Rejected returns are not supported, because they would look like cancelled
ones."""
