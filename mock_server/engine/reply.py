"""What a handler answers: a status and a JSON value in which stored documents stay unparsed, or a file."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Documents:
    """A JSON array of stored documents, spliced into the reply as they are."""

    rows: list[bytes]


@dataclass(slots=True)
class Document:
    """One stored JSON document, spliced into the reply as it is."""

    row: bytes


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that are sent as they are, such as a PDF; the whole body of a reply."""

    media_type: str
    content: bytes


@dataclass(slots=True)
class Reply:
    """An answer.

    `body` is a JSON value that is, or holds at its top level, `Document`s or `Documents`; or it is a `File`.
    """

    status: int
    body: Any
    headers: tuple[tuple[bytes, bytes], ...] = ()
