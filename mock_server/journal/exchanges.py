"""Converts the journal's entries to JSON, and hides the secrets in them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import orjson

from mock_server.clock import timestamp, timestamp_ms
from mock_server.journal.entry import MAX_BODY
from mock_server.journal.nearest import Described, Operations
from mock_server.journal.secrets import Mask, Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mock_server.journal.entry import Entry, Headers

_NONE: Final[frozenset[str]] = frozenset()
_NOT_FOUND: Final = 404
_TEXT: Final = ("text/", "application/json", "application/xml", "application/x-www-form-urlencoded")
_VALID: Final = "The request is valid."
_FAULT: Final = "A fault changed the response."
_PREFERRED: Final = "The request is valid; its Prefer header chose the response."
_UNKNOWN_PATH: Final = "There is nothing at this path."
_FAILED: Final = "The sandbox failed to answer; its log says why."
_SERVER_ERROR: Final = 500
_LONGEST: Final = 500


class Exchanges:
    """Converts entries of the journal to JSON.

    `apis` maps the name of each API to its base path and its OpenAPI document. `control` contains the control
    plane's base path and document; the control plane's credentials are hidden too.
    """

    def __init__(
        self,
        apis: Mapping[str, tuple[str, Mapping[str, Any]]],
        control: tuple[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._apis = apis
        self._control = control

    @cached_property
    def _secrets(self) -> Secrets:
        documents = {name: document for name, (_, document) in self._apis.items()}
        return Secrets.of({**documents, "": self._control[1] if self._control else {}})

    @cached_property
    def operations(self) -> Operations:
        """The operations of all APIs, among which `nearest` searches."""
        documents = dict(self._apis.values())
        if self._control is None:
            return Operations(documents)
        path, document = self._control
        return Operations({**documents, path: document}, path)

    def shown(self, entry: Entry) -> dict[str, Any]:
        """Return an entry in the format of the control plane (`Exchange`), without secrets."""
        mask, scope = Mask(self._secrets), entry.scope
        fields, answered = self._secrets.fields.get((entry.vendor, entry.operation), (_NONE, _NONE))
        if not entry.operation:  # for example a request for a token at a wrong path
            fields = frozenset(name for sent, _ in self._secrets.fields.values() for name in sent)
        nearest, problem = self.nearest(entry), entry.state.problem
        query = mask.query(scope["query_string"].decode("latin-1"))
        received = answered if entry.status < 300 else _NONE  # noqa: PLR2004 - HTTP's classes
        exchange = {
            "id": entry.id,
            "tenant": entry.tenant or None,
            "at": timestamp(entry.at) if entry.tenant else None,
            "received_at": timestamp_ms(entry.real),
            "vendor": entry.vendor or None,
            "operation": entry.operation or None,
            "method": scope["method"],
            "path": entry.path.decode("latin-1"),
            "query": query,
            "request": _message(mask, scope["headers"], entry.state.body, entry.sent, fields),
            "status": entry.status,
            "response": _message(mask, entry.headers, entry.body, entry.received, received),
            "duration_ms": round(entry.duration, 3),
            "verdict": self.verdict(entry),
            "errors": [
                {"field": one.field, "message": one.message} for one in (problem.fields if problem else ())
            ],
            "fault": entry.state.fault or None,
            "nearest": None if nearest is None else _nearest(nearest),
        }
        shown: dict[str, Any] = mask.rest(exchange)
        return shown

    def verdict(self, entry: Entry) -> str:
        """Return a sentence that says whether the request was valid, and if not, why."""
        problem = entry.state.problem
        if problem is None and entry.state.api is not None:
            return _FAULT if entry.state.fault else _PREFERRED if _is_preferred(entry) else _VALID
        sentence = problem.message if problem else _reason(entry)
        nearest = self.nearest(entry)
        if nearest is None:
            return sentence
        return f"{sentence} Did you mean {nearest}?"

    def nearest(self, entry: Entry) -> Described | None:
        """Return the operation that a request with an unknown path was probably meant for, or None."""
        state = entry.state
        if state.operation is not None or entry.status != _NOT_FOUND:
            return None
        return self.operations.nearest(entry.scope["method"], entry.path.decode("latin-1"))


def _is_preferred(entry: Entry) -> bool:
    """Return True if the response was chosen by the request's `Prefer` header (RFC 7240, section 3)."""
    return any(name == b"preference-applied" for name, _ in entry.headers)


def _reason(entry: Entry) -> str:
    """Return the reason for an error response that was not sent by an API but, for example, by a web page.

    Status 404 and server errors have a fixed reason. Otherwise, the reason is the body if it is plain text,
    or a sentence with the status or the allowed methods.
    """
    if entry.status == _NOT_FOUND:
        return _UNKNOWN_PATH
    if entry.status >= _SERVER_ERROR:
        return _FAILED
    headers = {name.lower(): value for name, value in entry.headers}
    if headers.get(b"content-type", b"").startswith(b"text/plain") and entry.body:
        return entry.body[:_LONGEST].decode("utf-8", "replace")
    if allowed := headers.get(b"allow", b"").decode("latin-1"):
        return f"This path does not accept {entry.scope['method']}; it accepts {allowed}."
    return f"The sandbox refused the request with status {entry.status} before it reached an API."


def _nearest(operation: Described) -> dict[str, str]:
    return {"method": operation.method, "path": operation.path, "operation": operation.id}


def _message(mask: Mask, headers: Headers, body: bytes, size: int, names: frozenset[str]) -> dict[str, Any]:
    """Return the headers and the body of a request or a response as a JSON object, without secrets."""
    shown: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        value = mask.header(name, raw_value.decode("latin-1"))
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    kind = shown.get("content-type", "")
    body_format, content = _content(mask, body, kind, names)
    return {
        "headers": shown,
        "body": content,
        "body_format": body_format,
        "body_bytes": size,
        "body_cut": size > MAX_BODY,
    }


def _content(mask: Mask, body: bytes, kind: str, names: frozenset[str]) -> tuple[str, Any]:
    """Return the format of a body and its content as a JSON value; the content of a binary body is None."""
    if not body:
        return "none", None
    try:
        return "json", mask.json(orjson.loads(body), names)
    except orjson.JSONDecodeError:
        pass
    if b"\0" in body or (kind and not kind.lower().startswith(_TEXT) and not body.isascii()):
        return "binary", None
    return "text", mask.text(body.decode("utf-8", "replace"), names)
