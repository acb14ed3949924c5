"""The Make app reads the first page only, so the other rows of a busy interval are lost."""

from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.make import Make
from support.mistakes.seeding import edited

FILE = "src/modules/new-return/new-return.communication.iml.json"


def without_paging(api: dict[str, Any]) -> None:
    del api["pagination"]


EXHIBIT = Exhibit(
    cited=("workato/docs#362", "n8n-io/n8n#18567"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_lost",
    polling=Make(edited(FILE, without_paging)),
    sound=Make(),
)
