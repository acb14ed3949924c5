"""The Zapier app calls a write whose answer was lost a failure, so the user makes it a second time."""

from support.certificate.exhibits import Exhibit
from support.certificate.zapier import Zapier
from support.mistakes.seeding import instead

GOOD = "The change may or may not have been made. Check before you try again."

EXHIBIT = Exhibit(
    cited=("aden-hive/hive#5947",),
    vendor="returnmate",
    trigger="return_received",
    caught_by="one_effect_per_write",
    polling=Zapier(instead("lib/failures.js", GOOD, "Try again.")),
    sound=Zapier(),
)
