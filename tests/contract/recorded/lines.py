"""What a request or the time changed, as lines of text: one for each changed field, event and delivery."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from contract.sandbox.state import Changed, Changes, State
from support.asgi_client import Answer

LONGEST = 300
"""The number of characters up to which an answer is recorded itself; of a longer one, its digest is."""
_SECRET = "access_token|refresh_token|bearer_token|secret|client_secret|client_id"
_RANDOM = (
    (re.compile(rb"evt_[0-9a-f]+"), b"evt"),
    (re.compile(rb'("(?:%s)":)"[^"]+"' % _SECRET.encode()), rb'\1"hidden"'),
    (re.compile(rb'([?&]code=)[^&"]+'), rb"\1hidden"),
    (re.compile(rb"(/labels/\S+?/)[a-z0-9]{24}\b"), rb"\1hidden"),
    (re.compile(rb'("ahead_seconds":)-?[0-9.]+'), rb"\1null"),
)
"""What is random in answers and deliveries, and what is recorded instead."""


def plain(content: bytes) -> bytes:
    """Return a text without what is random in it."""
    for pattern, replacement in _RANDOM:
        content = pattern.sub(replacement, content)
    return content


@dataclass
class Fingerprints:
    """Fingerprints of texts that are too long to be recorded; `texts` keeps the texts, to show them."""

    texts: dict[str, str] = field(default_factory=dict)

    def of(self, content: bytes) -> str:
        """Return the length and the fingerprint of a text without what is random in it."""
        text = plain(content)
        found = hashlib.blake2s(text, digest_size=5).hexdigest()
        self.texts[found] = text.decode(errors="replace")
        return f"{len(text)} bytes {found}"


def compact(value: Any) -> str:
    """Write a value as JSON in one line."""
    return orjson.dumps(value).decode()


def answer_line(answer: Answer, prints: Fingerprints) -> str:
    """Return the status, the headers and the body of an answer; a long body by its fingerprint."""
    headers = " ".join(
        f"{name}={value}"
        for name, value in answer.headers
        if name not in _HTTP and not name.startswith("x-ratelimit")
    )
    content = plain(answer.content)
    is_short = len(content) <= LONGEST and (answer.header("content-type") or "").startswith(
        "application/json"
    )
    body = content.decode() if is_short else prints.of(content)
    return " ".join(filter(None, (str(answer.status), headers, body)))


_HTTP = {"content-length", "date", "vary", "access-control-expose-headers", "x-content-type-options"}
"""Headers that say nothing of the answer; those of rate limits are tested elsewhere, with limits."""


def change_lines(changes: Changes, before: State, after: State, prints: Fingerprints) -> Iterator[str]:
    """Yield a line for each new row, changed field, ledger event, delivery and scheduled step."""
    for row in changes.rows:
        yield from _row(row, prints)
    for event in changes.events:
        yield f"  ledger {event.kind} {event.subject} at {event.at} {compact(event.body)}"
    for one in changes.deliveries:
        yield f"  delivery {one.webhook} {one.event} at {one.at} {prints.of(one.body)}"
    for sign, steps in (("-", before.steps), ("+", after.steps)):
        other = after.steps if sign == "-" else before.steps
        for due, step, subject, body in steps:
            if (due, step, subject, body) not in other:
                yield f"  {sign} step {step} of {subject} at {due} {body.decode()}"


def _row(row: Changed, prints: Fingerprints) -> Iterator[str]:
    before, after = (dict(flat(_columns(one, prints))) for one in (row.before, row.after))
    if row.before is None:
        yield f"  + {row.kind} {row.id} {prints.of(compact(_columns(row.after, prints)).encode())}"
        return
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            old, new = (compact(one[path]) if path in one else "absent" for one in (before, after))
            yield f"  {row.kind} {row.id}: {path} {old} -> {new}"


def _columns(row: Mapping[str, Any] | None, prints: Fingerprints) -> dict[str, Any]:
    """Return the columns of a row, its document parsed, and its summary only if it is not the document."""
    if row is None:
        return {}
    columns = dict(row)
    document, summary = columns.pop("document"), columns.pop("summary")
    found = {name: value for name, value in columns.items() if value not in ("", None)}
    found["document"] = orjson.loads(document)
    if summary != document:
        found["summary"] = prints.of(summary)
    return found


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of every plain field; an empty array or object is one."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = False
    for key, member in members:
        found = True
        yield from flat(member, f"{path}.{key}" if path else str(key))
    if not found:
        yield path, value
