"""Validates replies against the specification and serializes them.

Stored documents are inserted into a reply as bytes, without being parsed. Each document is validated once per
schema, and the hash of its bytes is remembered. A document with the same bytes is not validated again,
because schemas never change while the sandbox runs. The rest of a reply is validated every time.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

from mock_server.engine.reply import Document, Documents, EventStream, File, Rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mock_server.engine.reply import Reply
    from mock_server.engine.schema import Schemas, Validator

JSON = "application/json"
SIGNATURES = {"application/pdf": b"%PDF-"}
"""The supported media types other than JSON, each with the first bytes that its files must have."""
_BINARY = {"type": "string", "format": "binary"}
MAX_KNOWN = 100_000
"""The maximum number of hashes of valid documents that one `DocumentCheck` remembers."""
_STORED = (Documents, Document)
_WHOLE = ""
_NOTHING: dict[str, Any] = {}


class BrokenReplyError(Exception):
    """Raised if a reply violates the specification, which is always a bug in the sandbox."""

    def __init__(self, status: int, pointer: str, message: str) -> None:
        super().__init__(f"status {status} at {pointer or '/'}: {message}")


class DocumentCheck:
    """Validates the stored documents under one key of a response; each distinct document only once."""

    __slots__ = ("_valid", "_validator")

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self._valid: set[int] = set()

    def check(self, rows: list[bytes], status: int, pointer: str) -> None:
        """Validate all documents that have not been validated before.

        Raises `BrokenReplyError` if one of them is not valid.
        """
        # Computing a hash takes far less time than parsing. A collision of two 64-bit hashes would only skip
        # a validation; the reply itself would be the same.
        if self._valid.issuperset(map(hash, rows)):
            return
        if len(self._valid) > MAX_KNOWN:  # bounds the memory; each document is validated once more
            self._valid.clear()
        for row in rows:
            _check(self._validator, orjson.loads(row), status, pointer)
            self._valid.add(hash(row))


class JsonContent:
    """Validates and serializes an operation's JSON response bodies for one status code."""

    def __init__(self, schema: Mapping[str, Any], schemas: Schemas) -> None:
        self._schema = schema
        self._schemas = schemas
        self._whole = schemas.validator(schema, "response")
        self._frames: dict[tuple[str, ...], Validator] = {}
        self._checks: dict[tuple[str, bool], DocumentCheck] = {}

    def encode(self, body: Any, status: int) -> bytes:
        """Validate and serialize a JSON body; raise `BrokenReplyError` if it violates the schema.

        An object with stored documents is copied twice. In the first copy, `frame`, each document is replaced
        by null, so arrays keep their length; this copy is validated, but without the documents' schemas. In
        the second copy, `spliced`, the documents are replaced by their bytes; this copy is serialized.
        """
        if isinstance(body, _STORED):
            return self._splice(body, _WHOLE, status)
        if not isinstance(body, dict):
            if isinstance(body, Rendered):
                return body.content
            if isinstance(body, File):
                raise BrokenReplyError(status, "", f"the body is a file of {body.media_type}, not JSON")
            _check(self._whole, body, status, "")
            return orjson.dumps(body)
        frame, spliced = body, body
        # Almost every reply has stored documents at the same keys, so `_frame` compiles few validators.
        stored: tuple[str, ...] = ()
        for key, value in body.items():
            if isinstance(value, _STORED):
                if not stored:
                    frame, spliced = body.copy(), body.copy()
                stored = (*stored, key)
                spliced[key] = orjson.Fragment(self._splice(value, key, status))
                frame[key] = [None] * len(value.rows) if isinstance(value, Documents) else None
        _check(self._frame(stored) if stored else self._whole, frame, status, "")
        return orjson.dumps(spliced)

    def _splice(self, value: Documents | Document, key: str, status: int) -> bytes:
        """Validate the stored documents under `key` ("" for the whole body), and return their bytes."""
        many = isinstance(value, Documents)
        check = self._checks.get((key, many)) or self._make_check(key, many=many)
        rows = value.rows if isinstance(value, Documents) else [value.row]
        check.check(rows, status, f"/{key}" if key else "")
        return b"[" + b",".join(rows) + b"]" if many else rows[0]

    def _make_check(self, key: str, *, many: bool) -> DocumentCheck:
        parts = [self._schema] if key == _WHOLE else list(_property_schemas(self._schema, key, self._schemas))
        if many:
            parts = [member for schema in parts for member in _item_schemas(schema, self._schemas)]
        check = DocumentCheck(self._schemas.validator({"allOf": parts} if parts else _NOTHING, "response"))
        self._checks[key, many] = check
        return check

    def _frame(self, stored: tuple[str, ...]) -> Validator:
        """Return a validator that ignores the properties in `stored`, which are validated separately."""
        if stored not in self._frames:
            frame = self._schema
            for key in stored:
                frame = _without(frame, key, self._schemas)
            self._frames[stored] = self._schemas.validator(frame, "response")
        return self._frames[stored]


class FileContent:
    """Checks the files that an operation sends with one response status; all have the same media type."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._signature = SIGNATURES[media_type]

    def encode(self, body: Any, status: int) -> bytes:
        """Return the bytes of a `File`; raise `BrokenReplyError` for any other body or media type."""
        if not isinstance(body, File) or body.media_type != self._media_type:
            raise BrokenReplyError(status, "", f"the body is not a file of type {self._media_type}")
        if not body.content.startswith(self._signature):
            raise BrokenReplyError(status, "", f"the file does not begin like {self._media_type}")
        return body.content


class EventContent:
    """Checks the event streams that an operation sends with one response status."""

    def encode(self, body: Any, status: int) -> bytes:
        """Return b"" for an `EventStream`, whose events are sent later.

        Raises `BrokenReplyError` for any other body.
        """
        if not isinstance(body, EventStream):
            raise BrokenReplyError(status, "", "the body is not a stream of events")
        return b""


Content = JsonContent | FileContent | EventContent


class Responses:
    """Validates and serializes an operation's replies, as its Responses Object in OpenAPI defines."""

    def __init__(self, raw: Mapping[str, Any], schemas: Schemas) -> None:
        self.schemas = schemas
        self.generated = count()
        """A counter of generated responses (see `preferred`)."""
        self._raw = raw
        self._contents: dict[str, Content | None] = {}
        for status, node in raw.items():
            content = schemas.resolve(node).get("content")
            self._contents[status] = _content(content, schemas) if content else None

    @property
    def documented(self) -> dict[str, Mapping[str, Any]]:
        """The Response Objects of the operation, keyed by status."""
        return {status: self.schemas.resolve(node) for status, node in self._raw.items()}

    def encode(self, reply: Reply) -> bytes:
        """Validate a reply and serialize its body; raise `BrokenReplyError` if the reply is not valid."""
        status = str(reply.status)
        for known in (status, f"{status[0]}XX", "default"):
            if known in self._contents:
                return _encode(self._contents[known], reply)
        raise BrokenReplyError(reply.status, "", "the specification does not list this status")


def encode_unchecked(body: Any) -> bytes:
    """Serialize a body without validating it, for example in a 404 response, which belongs to no operation.

    Returns b"" if the body is None.
    """
    return b"" if body is None else orjson.dumps(body)


def _content(content: Mapping[str, Any], schemas: Schemas) -> Content:
    if set(content) == {JSON}:
        return JsonContent(content[JSON].get("schema", {}), schemas)
    if set(content) == {EventStream.media_type}:
        return EventContent()
    media_type = next(iter(content))
    if len(content) > 1 or media_type not in SIGNATURES:
        raise ValueError(f"Responses of {', '.join(content)} are not supported.")
    schema = schemas.resolve(content[media_type].get("schema", {}))
    if {keyword: schema.get(keyword) for keyword in _BINARY} != _BINARY:
        raise ValueError(f"The schema of {media_type} must be a string with the format binary.")
    return FileContent(media_type)


def _encode(content: Content | None, reply: Reply) -> bytes:
    if content is not None:
        return content.encode(reply.body, reply.status)
    if reply.body is not None:
        raise BrokenReplyError(reply.status, "", "the specification allows no body")
    return b""


def _check(validator: Validator, instance: Any, status: int, pointer: str) -> None:
    if not validator.is_valid(instance):
        error = next(validator.iter_errors(instance))
        path = "".join(f"/{part}" for part in error.instance_path)
        raise BrokenReplyError(status, pointer + path, f"breaks {error.kind.name}")


def _property_schemas(schema: Mapping[str, Any], name: str, schemas: Schemas) -> Iterable[Mapping[str, Any]]:
    """Yield every schema that applies to the property `name`; with `allOf`, there can be several."""
    resolved = schemas.resolve(schema)
    if name in resolved.get("properties", {}):
        yield resolved["properties"][name]
    for member in resolved.get("allOf", ()):
        yield from _property_schemas(member, name, schemas)


def _item_schemas(schema: Mapping[str, Any], schemas: Schemas) -> Iterable[Mapping[str, Any]]:
    resolved = schemas.resolve(schema)
    if "items" in resolved:
        yield resolved["items"]
    for member in resolved.get("allOf", ()):
        yield from _item_schemas(member, schemas)


def _without(schema: Mapping[str, Any], name: str, schemas: Schemas) -> dict[str, Any]:
    """Copy a schema without the rules for the property `name`; only limits on an array's length remain."""
    resolved = dict(schemas.resolve(schema))
    if name in resolved.get("properties", {}):
        inner = schemas.resolve(resolved["properties"][name])
        length = {keyword: inner[keyword] for keyword in ("minItems", "maxItems") if keyword in inner}
        resolved["properties"] = {**resolved["properties"], name: length}
    if "allOf" in resolved:
        resolved["allOf"] = [_without(member, name, schemas) for member in resolved["allOf"]]
    return resolved
