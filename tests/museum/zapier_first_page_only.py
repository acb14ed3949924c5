"""The Zapier app reads the first page only, so the other rows of a busy interval never fire."""

from support.certificate.exhibits import Exhibit
from support.certificate.zapier import Zapier
from support.mistakes.seeding import instead

EXHIBIT = Exhibit(
    cited=("zapier/zapier-platform-cli#131", "workato/docs#362"),
    vendor="swap",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Zapier(instead("lib/pages.js", "if (page.next === undefined) return;", "return;")),
    sound=Zapier(),
)
