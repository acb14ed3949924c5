"""`Reply`: what handlers return: a status with JSON, stored JSON documents that stay unparsed, or a file."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Documents:
    """A JSON array of stored documents, inserted into the response without parsing them."""

    rows: list[bytes]


@dataclass(slots=True)
class Document:
    """One stored JSON document, inserted into the response without parsing it."""

    row: bytes


@dataclass(frozen=True, slots=True)
class File:
    """A file, such as a PDF, as the whole body of a response."""

    media_type: str
    content: bytes


@dataclass(slots=True)
class Reply:
    """A response.

    `body` is a JSON value, a `Document`, `Documents`, or a `File`. The values of a JSON object may be
    `Document` or `Documents` too, but only at its top level.
    """

    status: int
    body: Any
    headers: tuple[tuple[bytes, bytes], ...] = ()
