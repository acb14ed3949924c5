"""The last page names an earlier cursor as the next one, and the pages are read in a circle without end."""

from museum.list_without_end import asks_for_ever
from support.certificate.exhibits import Exhibit

EXHIBIT = Exhibit(
    cited=("valon-technologies/gestalt#2057", "nautechsystems/nautilus_trader#5019"),
    vendor="returngo",
    trigger="new_return",
    caught_by="calls_within_the_budget",
    patch=asks_for_ever,
)
