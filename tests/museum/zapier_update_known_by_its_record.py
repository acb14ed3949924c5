"""The Zapier app identifies an update by the record's ID, so Zapier drops every update but the first."""

from support.certificate.exhibits import Exhibit
from support.certificate.zapier import Zapier
from support.mistakes.seeding import instead

EXHIBIT = Exhibit(
    cited=("zapier/zapier-platform#552", "zapier/zapier-platform-cli#293"),
    vendor="swap",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Zapier(
        instead(
            "triggers/return_status_changed.js",
            "identifiedBy(['return_id', 'status']",
            "identifiedBy(['return_id']",
        )
    ),
    sound=Zapier(),
)
