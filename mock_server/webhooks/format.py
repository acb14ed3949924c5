"""The interface of a vendor's webhooks (`WebhookFormat`): kinds of events, payloads, signatures, retries.

This code needs no tenant and no running sandbox, so other programs can use it to build signed events:

    webhooks = webhooks_of("…")  # mock_server.vendors
    kind = webhooks.kinds[0]
    event = Event(kind.name, "evt_1", at)
    payload = webhooks.payload(event, webhooks.sample(kind.name, 1, at))
    message = webhooks.sign(kind.name, orjson.dumps(payload), secret, at, nonce)

All times are in microseconds since the Unix epoch.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mock_server.clock import SECOND

Record = Mapping[str, Any]
"""A record in the vendor's format, such as a return or a shipment."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event; `name` is the vendor's name for it.

    If `occurs` is False, no action in the sandbox causes the event. Webhooks can still subscribe to it, and
    it can be sent as a test event.
    """

    name: str
    occurs: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """An event to report: its kind, its ID and its time.

    `version` is the version of the payload, for vendors that have several; 0 is the newest version.
    """

    kind: str
    id: str
    at: int
    version: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """A signed request: the headers that the vendor adds, and the body."""

    headers: Mapping[str, str]
    body: bytes


class WebhookFormat(Protocol):
    """A vendor's webhook format; `openapi/<vendor>.yaml` describes the same format under `x-webhooks`."""

    vendor: str
    kinds: tuple[Kind, ...]
    versions: tuple[int, ...]
    """The versions of the payload, newest first; () if there is only one version."""
    delays: tuple[int, ...]
    """Seconds before each retry, counted from the failed attempt; () if the vendor does not retry."""
    own_api: str
    """The operation of the vendor's API that registers webhooks; "" if the API has no such operation."""

    def payload(self, event: Event, record: Record) -> dict[str, Any]:
        """Build the unsigned payload of an event; `record` is the record that the event is about."""

    def sign(self, kind: str, payload: bytes, secret: str, at: int, nonce: str) -> Message:
        """Sign a payload; `at` is the real time of the attempt, and `nonce` is different in each attempt."""

    def signature_problem(self, headers: Mapping[str, str], body: bytes, secret: str, at: int) -> str:
        """Verify the signature of a request; return why it is wrong, or "" if it is valid.

        The names in `headers` are in lower case. `at` is the real time at which the request was received; it
        matters only if the signature contains a time.
        """

    def new_secret(self) -> str:
        """Generate a secret; return "" if the vendor does not sign its deliveries."""

    def sample(self, kind: str, number: int, at: int) -> Record:
        """Build an example record for an event of this kind; each `number` produces a different record."""

    def wants(self, conditions: Mapping[str, Any], record: Record) -> bool:
        """Return True if `record` meets a webhook's `conditions`, so that the event is sent."""


def hmac_hex(secret: str, body: bytes) -> str:
    """Compute the HMAC-SHA256 of a body in hexadecimal digits."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


def hmac_base64(secret: str, body: bytes) -> str:
    """Compute the HMAC-SHA256 of a body in Base64."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def header_problem(headers: Mapping[str, str], name: str, expected: str) -> str:
    """Check a signature header in constant time; return what is wrong, or "" if its value is as expected."""
    received = headers.get(name)
    if received is None:
        return f"The header {name} is missing."
    if not hmac.compare_digest(received.encode("utf-8", "replace"), expected.encode()):
        return f"The header {name} does not match the body and the secret."
    return ""


def seconds(at: int) -> int:
    """Convert a time from microseconds to whole seconds since the Unix epoch, as in JWT claims."""
    return at // SECOND
