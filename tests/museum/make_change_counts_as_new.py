"""The Make app dates new returns by their last change, so a changed return is new again."""

from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.make import Make
from support.mistakes.seeding import edited

FILE = "src/modules/new-return/new-return.communication.iml.json"


def by_last_change(api: dict[str, Any]) -> None:
    api["response"]["trigger"]["date"] = "{{item.updated_at}}"
    api["response"]["trigger"]["order"] = "unordered"


EXHIBIT = Exhibit(
    cited=("n8n-io/n8n#35251", "n8n-io/n8n#31837"),
    vendor="returnmate",
    trigger="new_return",
    caught_by="nothing_twice",
    polling=Make(edited(FILE, by_last_change)),
    sound=Make(),
)
