"""`Reply`: a handler's response, whose body is JSON, stored JSON documents, a file or a stream of events."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(slots=True)
class Documents:
    """A JSON array of stored documents, which are inserted into the response without being parsed."""

    rows: list[bytes]


@dataclass(slots=True)
class Document:
    """A stored JSON document, which is inserted into the response without being parsed."""

    row: bytes


@dataclass(frozen=True, slots=True)
class File:
    """A file, such as a PDF, that is the whole body of a response."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class EventStream:
    """A stream of server-sent events; each item is one event, and is sent as soon as it is available."""

    media_type: ClassVar[str] = "text/event-stream"
    events: AsyncGenerator[bytes]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A large JSON body that the handler has serialized in parts; it is sent without being validated."""

    content: bytes


@dataclass(slots=True)
class Reply:
    """A handler's response to a request.

    `body` is a JSON value, a `Document`, a `Documents`, a `Rendered`, a `File` or an `EventStream`. If it is
    a JSON object, its top-level values may also be `Document` or `Documents` objects.
    """

    status: int
    body: Any
    headers: tuple[tuple[bytes, bytes], ...] = ()
