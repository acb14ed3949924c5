"""The Zapier app sends filter and order with the first page only, so later pages belong to another list."""

from support.certificate.exhibits import Exhibit
from support.certificate.zapier import Zapier
from support.mistakes.seeding import instead

GOOD = "{ path, query, from, size, missing });"
BAD = "{ path, query: read ? {} : query, from, size, missing });"

EXHIBIT = Exhibit(
    cited=("n8n-io/n8n#12272", "dadi/publish#96"),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="nothing_from_before_the_start",
    polling=Zapier(instead("lib/pages.js", GOOD, BAD)),
    sound=Zapier(),
)
