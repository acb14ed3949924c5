"""Preserves an app's registration at Zapier when the app is generated again.

`zapier-platform register` writes the ID and key of the registered app to the `.zapierapprc` file in the app's
folder.
"""

import json
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

FILE = ".zapierapprc"
KEPT = ("id", "key")


def kept_link(folder: Path) -> dict[str, Any]:
    """Read the link to Zapier from .zapierapprc: the `id` and `key` under which the app is registered.

    Returns an empty dictionary if the app is not registered. Raises `ConfigurationError` if .zapierapprc is
    not a JSON object, because generating the app would overwrite the file and lose the link.
    """
    file = folder / FILE
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text("utf-8-sig"))
        return {name: content[name] for name in KEPT if name in content}
    except (ValueError, TypeError, RecursionError) as problem:
        raise ConfigurationError(
            f"{file} is not a JSON object, so the link to the app at Zapier would be lost. Fix the file."
        ) from problem
