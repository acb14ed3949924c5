"""Which of Zapier's apps a folder belongs to; `zapier-platform register` and `link` write it down there."""

import json
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

FILE = ".zapierapprc"
KEPT = ("id", "key")


def kept_link(folder: Path) -> dict[str, Any]:
    """Read the id and the key that Zapier gave the app in `folder`; nothing where it was never registered.

    Raises ConfigurationError for a file that is no JSON object: writing it anew would lose the link.
    """
    file = folder / FILE
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8-sig"))
        return {name: found[name] for name in KEPT if name in found}
    except (ValueError, TypeError) as problem:
        raise ConfigurationError(
            f"{file} is no JSON object, so its link to Zapier cannot be kept; mend it."
        ) from problem
