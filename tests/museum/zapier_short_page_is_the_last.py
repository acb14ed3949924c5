"""The Zapier app takes a short page for the last one, but the vendor limits the page size."""

from support.certificate.exhibits import Exhibit
from support.certificate.zapier import Zapier
from support.mistakes.seeding import instead

GOOD = "if (rows === 0) return undefined;"
BAD = "if (rows < requested) return undefined;"

EXHIBIT = Exhibit(
    cited=("VinzenzKlass/anaplan-sdk#348", "Polymarket/ts-sdk#240"),
    vendor="returnmate",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Zapier(
        instead(
            "lib/pages.js", "if (rows === 0) return undefined;", "if (rows < requested) return undefined;"
        )
    ),
    sound=Zapier(),
)
