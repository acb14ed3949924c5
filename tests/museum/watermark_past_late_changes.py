"""The watermark of changes has no overlap, so a change that appears late is never read."""

from museum.watermark_past_late_rows import without_overlap
from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

EXHIBIT = Exhibit(
    cited=("activepieces/activepieces#14863", "airbytehq/airbyte#80152"),
    vendor="returngo",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Python(strategy=without_overlap),
)
