"""The Make app lets Make follow redirects, and the login header goes along to the other host."""

from typing import Any

from support.certificate.exhibits import Exhibit
from support.certificate.make import Make
from support.mistakes.seeding import edited

FILE = "src/modules/new-return/new-return.communication.iml.json"


def follow(api: dict[str, Any]) -> None:
    api["followRedirects"] = True


EXHIBIT = Exhibit(
    cited=("openai/openai-python#3516", "rmusser01/tldw_chatbook#1925"),
    vendor="swap",
    trigger="new_return",
    caught_by="the_key_stays_home",
    polling=Make(edited(FILE, follow)),
    sound=Make(),
)
