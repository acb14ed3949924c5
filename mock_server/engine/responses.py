"""Replies on their way out: validated against the specification, then serialised.

Stored documents are not parsed to be sent. Each is validated once against the schema of the place
where it stands, and known by its hash from then on; the rest of a reply is validated every time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from mock_server.engine.reply import Document, Documents, File

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema_rs import Draft4Validator

    from mock_server.engine.reply import Reply
    from mock_server.engine.schema import Schemas

JSON = "application/json"
SIGNATURES = {"application/pdf": b"%PDF-"}
"""How files begin, by the media types that a specification may name besides JSON."""
_BINARY = {"type": "string", "format": "binary"}
MOST_KNOWN = 100_000
"""Hashes of valid documents remembered per place."""
_STORED = (Documents, Document)
_WHOLE = ""
_NOTHING: dict[str, Any] = {}


class BrokenReplyError(Exception):
    """A reply that the specification does not allow: a fault of the sandbox, never of the caller."""

    def __init__(self, status: int, pointer: str, message: str) -> None:
        super().__init__(f"status {status} at {pointer or '/'}: {message}")


class DocumentCheck:
    """One place for stored documents: their schema, and those already found valid."""

    __slots__ = ("_known", "_validator")

    def __init__(self, validator: Draft4Validator) -> None:
        self._validator = validator
        self._known: set[int] = set()

    def check(self, rows: list[bytes], status: int, pointer: str) -> None:
        """Raise `BrokenReplyError` unless every document fits."""
        if self._known.issuperset(map(hash, rows)):
            return
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        for row in rows:
            _check(self._validator, orjson.loads(row), status, pointer)
            self._known.add(hash(row))


class JsonContent:
    """What one status of one operation may carry."""

    def __init__(self, schema: Mapping[str, Any], schemas: Schemas) -> None:
        self._schema = schema
        self._schemas = schemas
        self._whole = schemas.validator(schema, "response")
        self._around: dict[tuple[str, ...], Draft4Validator] = {}
        self._checks: dict[tuple[str, bool], DocumentCheck] = {}

    def encode(self, body: Any, status: int) -> bytes:
        """Validate `body` and serialise it; raises `BrokenReplyError`."""
        if isinstance(body, _STORED):
            return self._splice(body, _WHOLE, status)
        if not isinstance(body, dict):
            if isinstance(body, File):
                raise BrokenReplyError(status, "", f"the body is a file of {body.media_type}, not JSON")
            _check(self._whole, body, status, "")
            return orjson.dumps(body)
        frame, spliced = body, body
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

    def _splice(self, value: Documents | Document, place: str, status: int) -> bytes:
        many = isinstance(value, Documents)
        check = self._checks.get((place, many)) or self._make_check(place, many=many)
        rows = value.rows if isinstance(value, Documents) else [value.row]
        check.check(rows, status, f"/{place}" if place else "")
        return b"[" + b",".join(rows) + b"]" if many else rows[0]

    def _make_check(self, place: str, *, many: bool) -> DocumentCheck:
        found = [self._schema] if place == _WHOLE else list(_at(self._schema, place, self._schemas))
        if many:
            found = [member for schema in found for member in _items(schema, self._schemas)]
        check = DocumentCheck(self._schemas.validator({"allOf": found} if found else _NOTHING, "response"))
        self._checks[place, many] = check
        return check

    def _frame(self, stored: tuple[str, ...]) -> Draft4Validator:
        """Return the validator of everything around the stored documents."""
        if stored not in self._around:
            frame = self._schema
            for key in stored:
                frame = _without(frame, key, self._schemas)
            self._around[stored] = self._schemas.validator(frame, "response")
        return self._around[stored]


class FileContent:
    """A status that carries a file of one media type."""

    def __init__(self, media_type: str) -> None:
        self._media_type = media_type
        self._signature = SIGNATURES[media_type]

    def encode(self, body: Any, status: int) -> bytes:
        """Return the bytes of a `File`; raises `BrokenReplyError` for any other body."""
        if not isinstance(body, File) or body.media_type != self._media_type:
            raise BrokenReplyError(status, "", f"the body is not a file of {self._media_type}")
        if not body.content.startswith(self._signature):
            raise BrokenReplyError(status, "", f"the file does not begin as {self._media_type} does")
        return body.content


class Responses:
    """The Responses Object of one operation."""

    def __init__(self, raw: Mapping[str, Any], schemas: Schemas) -> None:
        self._contents: dict[str, JsonContent | FileContent | None] = {}
        for status, node in raw.items():
            content = schemas.resolve(node).get("content")
            self._contents[status] = _content(content, schemas) if content else None

    def encode(self, reply: Reply) -> bytes:
        """Validate a reply and serialise its body; raises `BrokenReplyError`."""
        status = str(reply.status)
        for known in (status, f"{status[0]}XX", "default"):
            if known in self._contents:
                return _encode(self._contents[known], reply)
        raise BrokenReplyError(reply.status, "", "the specification does not name this status")


def encode_unchecked(body: Any) -> bytes:
    """Serialise the body of a reply that belongs to no operation (an unknown path, say)."""
    return b"" if body is None else orjson.dumps(body)


def _content(content: Mapping[str, Any], schemas: Schemas) -> JsonContent | FileContent:
    if set(content) == {JSON}:
        return JsonContent(content[JSON].get("schema", {}), schemas)
    media_type = next(iter(content))
    if len(content) > 1 or media_type not in SIGNATURES:
        raise ValueError(f"Responses of {', '.join(content)} are not understood.")
    schema = schemas.resolve(content[media_type].get("schema", {}))
    if {keyword: schema.get(keyword) for keyword in _BINARY} != _BINARY:
        raise ValueError(f"The schema of {media_type} must be a string of the format binary.")
    return FileContent(media_type)


def _encode(content: JsonContent | FileContent | None, reply: Reply) -> bytes:
    if content is not None:
        return content.encode(reply.body, reply.status)
    if reply.body is not None:
        raise BrokenReplyError(reply.status, "", "the specification says that there is no body")
    return b""


def _check(validator: Draft4Validator, instance: Any, status: int, pointer: str) -> None:
    if not validator.is_valid(instance):
        error = next(validator.iter_errors(instance))
        path = "".join(f"/{part}" for part in error.instance_path)
        raise BrokenReplyError(status, pointer + path, f"breaks {error.kind.name}")


def _at(schema: Mapping[str, Any], name: str, schemas: Schemas) -> Iterable[Mapping[str, Any]]:
    """Every schema that speaks of the property `name`."""
    resolved = schemas.resolve(schema)
    if name in resolved.get("properties", {}):
        yield resolved["properties"][name]
    for member in resolved.get("allOf", ()):
        yield from _at(member, name, schemas)


def _items(schema: Mapping[str, Any], schemas: Schemas) -> Iterable[Mapping[str, Any]]:
    resolved = schemas.resolve(schema)
    if "items" in resolved:
        yield resolved["items"]
    for member in resolved.get("allOf", ()):
        yield from _items(member, schemas)


def _without(schema: Mapping[str, Any], name: str, schemas: Schemas) -> dict[str, Any]:
    """The schema with anything allowed as the property `name`, except that arrays keep their length."""
    resolved = dict(schemas.resolve(schema))
    if name in resolved.get("properties", {}):
        inner = schemas.resolve(resolved["properties"][name])
        length = {keyword: inner[keyword] for keyword in ("minItems", "maxItems") if keyword in inner}
        resolved["properties"] = {**resolved["properties"], name: length}
    if "allOf" in resolved:
        resolved["allOf"] = [_without(member, name, schemas) for member in resolved["allOf"]]
    return resolved
