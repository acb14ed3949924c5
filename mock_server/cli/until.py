"""Parses the value of `--until`: `next` (the next step or webhook), a time, or a return and its status."""

import re
from datetime import datetime
from typing import Any, Final

_STATUS: Final = re.compile(
    r"""return \s+ (?P<return>\S+) \s+ (?: is | becomes | reaches ) \s+ (?P<status>\S.*)""",
    re.VERBOSE | re.IGNORECASE,
)


def until(text: str) -> dict[str, Any]:
    """Parse `next`, a time such as `2026-03-09T09:00:00Z`, or `return ID is STATUS`.

    Returns the body of a request to advance the clock. Raises `ValueError` if the text has another form. The
    error message is a complete sentence that can be shown to the user.
    """
    words = text.strip()
    if words.casefold() == "next":
        return {"until": "next"}
    if match := _STATUS.fullmatch(words):
        return {"until": match.groupdict()}
    try:
        time = datetime.fromisoformat(words.upper())
    except ValueError:
        raise ValueError(
            f"{text!r} is not an event; write next, a time such as 2026-03-09T09:00:00Z, "
            'or for example "return rma_abc123 is received".'
        ) from None
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; in UTC, write {time.isoformat()}Z.")
    return {"to": words}
