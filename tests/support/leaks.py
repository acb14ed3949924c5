"""Looks for a secret in everything that a caller can see of an error."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

from connector.errors import ConnectorError


def places(
    problem: BaseException, secrets: tuple[str, ...], log: str = "", *, of_libraries: bool = True
) -> list[str]:
    """List where a secret is shown: text, repr, fields and traceback of the error, and the log.

    If `of_libraries` is false, only the text and the fields of the connector's own errors count, as for an
    exception of the HTTP library that names a header.
    """
    shown = {"log": log}
    if of_libraries:
        shown["traceback"] = "".join(traceback.format_exception(problem))
    for place, link in enumerate(_chain(problem)):
        if not of_libraries and not isinstance(link, ConnectorError):
            continue
        shown |= {f"str {place}": str(link), f"repr {place}": repr(link), f"args {place}": repr(link.args)}
        if isinstance(link, ConnectorError):  # an exception of a library may keep its request or its body
            shown |= {f"{name} {place}": text for name, text in _texts(vars(link))}
    return [name for name, text in shown.items() if any(secret in text for secret in secrets)]


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{name}.{key} (name)", str(key)
            yield from _texts(inner, f"{name}.{key}")
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{name}[{place}]")
    else:
        yield name, f"{value!s} {value!r}"


class Everything(logging.Handler):
    """Keeps every message of every logger, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
        self.texts.append(f"{record.getMessage()} {error}")
