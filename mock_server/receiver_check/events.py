"""Builds signed, forged and broken events of one vendor; times are in microseconds since the Unix epoch."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from mock_server.receiver_check.posting import Outgoing
from mock_server.webhooks.format import Event, Message, WebhookFormat

DAY: Final = 86_400_000_000
_JWT_PARTS: Final = 3
_NEW_KIND: Final = "something.new"


@dataclass(frozen=True, slots=True)
class Composed:
    """An event before it is signed: its kind, its unsigned payload, and the time at which it happened."""

    kind: str
    payload: bytes
    at: int


class Events:
    """Builds events that are signed with one secret.

    `now` returns the real time (µs), and `token` returns random hexadecimal digits. Each event is about a
    different invented return, so that receivers do not treat it as a duplicate.
    """

    def __init__(
        self, format_: WebhookFormat, secret: str, now: Callable[[], int], token: Callable[[], str]
    ) -> None:
        self.format = format_
        self._secret = secret
        self._now = now
        self._token = token
        self._last = int(token(), 16) % 900_000 + 1_000

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the vendor's event kinds."""
        return tuple(kind.name for kind in self.format.kinds)

    @property
    def is_signed(self) -> bool:
        """True if the vendor signs its events."""
        event = self.compose(self.kinds[0])
        message = self._message(event, self._secret, event.at)
        return bool(message.headers) or message.body != event.payload

    @property
    def signs_time(self) -> bool:
        """True if the signature contains the time, so that a receiver can refuse old events."""
        event = self.compose(self.kinds[0])
        new, old = (self._message(event, self._secret, at) for at in (event.at, event.at - DAY))
        return new != old

    def next_number(self) -> int:
        """Return the next number for an invented return."""
        self._last += 1
        return self._last

    def compose(
        self, kind: str, *, version: int = 0, number: int | None = None, at: int | None = None
    ) -> Composed:
        """Build an unsigned event about an invented return.

        `version` is the version of the payload, or 0 for the newest. `number` identifies the return; if it is
        None, the event is about a new return. `at` is the event's time (µs), by default the current time.
        """
        at = self._now() if at is None else at
        record = self.format.sample(kind, number or self.next_number(), at)
        payload = self.format.payload(Event(kind, f"evt_{self._token()}", at, version), record)
        return Composed(kind, orjson.dumps(payload), at)

    def signed(self, event: Composed) -> Outgoing:
        """Sign an event with the vendor's signature and the current time."""
        return _outgoing(self._message(event, self._secret, self._now()))

    def valid(self, kind: str = "", *, version: int = 0) -> Outgoing:
        """Build a valid event of a kind, by default the vendor's first kind."""
        return self.signed(self.compose(kind or self.kinds[0], version=version))

    def with_wrong_secret(self) -> Outgoing:
        """Build an event that is signed with a wrong secret."""
        event = self.compose(self.kinds[0])
        wrong = self.format.new_secret() or self._token()
        return _outgoing(self._message(event, wrong, self._now()))

    def without_signature(self) -> Outgoing:
        """Build an event without a signature."""
        return Outgoing(self.compose(self.kinds[0]).payload, {})

    def with_changed_body(self) -> Outgoing:
        """Build an event with the signature of a different event."""
        signed, other = self.compose(self.kinds[0]), self.compose(self.kinds[0])
        message = self._message(signed, self._secret, self._now())
        if message.body == signed.payload:
            return Outgoing(other.payload, message.headers)
        known = orjson.loads(signed.payload)
        added = {name: value for name, value in orjson.loads(message.body).items() if name not in known}
        return Outgoing(orjson.dumps({**orjson.loads(other.payload), **added}), message.headers)

    def old(self) -> Outgoing:
        """Build an event that was signed a day ago."""
        at = self._now() - DAY
        event = self.compose(self.kinds[0], at=at)
        return _outgoing(self._message(event, self._secret, at))

    def with_unsigned_token(self) -> Outgoing | None:
        """Build an event whose JSON Web Token has the algorithm `none` and no signature.

        Returns None if the vendor's events contain no such token.
        """
        message = self._message(self.compose(self.kinds[0]), self._secret, self._now())
        content = orjson.loads(message.body)
        for name, value in content.items():
            if isinstance(value, str) and (forged := _without_algorithm(value)):
                return Outgoing(orjson.dumps({**content, name: forged}), message.headers)
        return None

    def of_new_kind(self) -> Outgoing:
        """Build a validly signed event of a kind that does not exist at the vendor."""
        event = self.compose(self.kinds[0])
        content = orjson.loads(event.payload)
        renamed = {name: _NEW_KIND if value == event.kind else value for name, value in content.items()}
        return self.signed(replace(event, kind=_NEW_KIND, payload=orjson.dumps(renamed)))

    def with_new_field(self, value: Any = "A field that the vendor adds later") -> Outgoing:
        """Build a validly signed event with an extra field that a vendor might add in the future."""
        event = self.compose(self.kinds[0])
        content = {**orjson.loads(event.payload), "added_later": value}
        return self.signed(replace(event, payload=orjson.dumps(content)))

    def with_body(self, body: bytes) -> Outgoing:
        """Build a request with the given body; its signature is valid if the vendor can sign this body."""
        event = replace(self.compose(self.kinds[0]), payload=body)
        try:
            return self.signed(event)
        except (ValueError, TypeError, AttributeError, KeyError):  # the signature is a part of the content
            return Outgoing(body, self.valid().headers)

    def _message(self, event: Composed, secret: str, at: int) -> Message:
        return self.format.sign(event.kind, event.payload, secret, at, self._token())


def _outgoing(message: Message) -> Outgoing:
    return Outgoing(message.body, dict(message.headers))


def _without_algorithm(token: str) -> str:
    """Change the algorithm of a JSON Web Token to `none`, and remove the signature.

    Returns "" if the text is not a token.
    """
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return ""
    try:
        head = orjson.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return ""
    if not isinstance(head, dict) or "alg" not in head:
        return ""
    forged = base64.urlsafe_b64encode(orjson.dumps({**head, "alg": "none"})).decode().rstrip("=")
    return f"{forged}.{parts[1]}."
