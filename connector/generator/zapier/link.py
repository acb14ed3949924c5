"""Keeps the link between a folder and an app at Zapier, which `zapier-platform register` writes there."""

import json
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

FILE = ".zapierapprc"
KEPT = ("id", "key")


def kept_link(folder: Path) -> dict[str, Any]:
    """Return the id and key of the app in `folder` at Zapier; empty if it was never registered.

    Raises ConfigurationError if the file is not a JSON object: overwriting it would lose the link.
    """
    file = folder / FILE
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text("utf-8-sig"))
        return {name: content[name] for name in KEPT if name in content}
    except (ValueError, TypeError) as problem:
        raise ConfigurationError(
            f"{file} is not a JSON object, so the link to the app at Zapier would be lost. Fix the file."
        ) from problem
