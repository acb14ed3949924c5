"""Typed records for the control plane's responses; all times are timezone-aware, in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials for one vendor's API.

    `fields` contains the values that a user types into a login form. `headers` and `query` contain the
    headers and query parameters that an HTTP client sends with each request to `base_url`.
    """

    base_url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    query: Mapping[str, str]

    def __repr__(self) -> str:
        """Show only `base_url`, because the other fields are secret."""
        return f"Credentials(base_url={self.base_url!r})"


@dataclass(frozen=True, slots=True)
class Key:
    """An API key at one vendor.

    `windows` contains the number of requests that are allowed per `second`, `minute`, `hour` or `day`.
    `credentials` is None unless the key has just been created, because keys are secret.
    """

    vendor: str
    name: str
    scopes: tuple[str, ...]
    plan: str
    windows: Mapping[str, int]
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch, which simulates a condition of the tenant's account, such as an outage at the vendor.

    `shop` is None if the switch is for the whole account.
    """

    vendor: str
    name: str
    description: str
    shop: str | None
    on: bool


@dataclass(frozen=True, slots=True)
class Act:
    """An operation that a merchant performs on the vendor's website; `schema` describes its input."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """An event in a tenant's ledger.

    `subject` is the ID of the record that the event is about. The fields of `body` depend on `kind`.
    """

    sequence: int
    vendor: str
    kind: str
    subject: str
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook delivery.

    `state` is `waiting`, `delivered` or `given_up`. `outcome` is the result of the last attempt; it is None
    before the first attempt. `status` is the receiver's status code in that attempt, or None if there was no
    response. `address` is the URL without credentials and query. `test` is True for a test event. `return_id`
    is the ID of the return that the event is about.
    """

    id: int
    vendor: str
    webhook: str
    event: str
    test: bool
    return_id: str | None
    address: str
    at: datetime
    state: str
    attempts: int
    outcome: str | None
    status: int | None
    next_attempt: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to send a delivery, made at the tenant's time `at`.

    `status` is the HTTP status of the receiver's response, and `answer` is the beginning of the response's
    body. If there was no response, `status` is None and `error` is the reason.
    """

    number: int
    at: datetime
    status: int | None
    error: str | None
    answer: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class DeliveryDetails:
    """A webhook delivery with its unsigned payload and its most recent attempts."""

    delivery: Delivery
    payload: Mapping[str, Any]
    log: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A tenant's webhook, which sends `events` of a vendor to `url`.

    `secret` is the key that signs the deliveries. Only `Webhooks.add` returns it; otherwise, and if the
    vendor does not sign deliveries, it is None. `url` contains no credentials and no query. `problem`
    explains why the sandbox refuses to send deliveries to the URL, or is None.
    """

    id: str
    vendor: str
    url: str
    events: tuple[str, ...]
    conditions: Mapping[str, Any]
    version: int | None
    active: bool
    signed: bool
    created_at: datetime
    problem: str | None = None
    secret: str | None = None

    def __repr__(self) -> str:
        """Leave out the secret, so that it does not appear in the output of a test."""
        return f"Webhook(id={self.id!r}, vendor={self.vendor!r}, url={self.url!r})"


@dataclass(frozen=True, slots=True)
class WebhookEvents:
    """The events that a vendor's webhooks report, and how the vendor sends them.

    `events` maps each event's name to True if the event can occur in the sandbox; other events can be sent
    only as test events. `retries` lists the waiting time before each retry in seconds. `own_api` is the
    operation of the vendor's API that registers webhooks; if it is None, use `tenant.webhooks.add`.
    """

    events: Mapping[str, bool]
    signed: bool
    versions: tuple[int, ...]
    retries: tuple[int, ...]
    own_api: str | None


@dataclass(frozen=True, slots=True)
class Resent:
    """The result of `Tenant.resend_all`.

    `resent` contains the IDs of the deliveries that are sent again. `skipped` contains the IDs of the
    deliveries that are not sent again, because their webhook was deleted or is paused.
    """

    resent: tuple[int, ...]
    skipped: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShownReturn:
    """A return in the vendor's own format, with its vendor and ID."""

    vendor: str
    id: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """The headers and the body of a request or a response, without credentials.

    `headers` are keyed by lower-case name. `body` is the parsed JSON. If the body is not JSON or was
    truncated (`body_cut`), `body` is its text. It is None if the body is empty or binary, or if the request
    was rejected before its body was read. `body_format` is `json`, `text`, `binary` or `none`, and
    `body_bytes` is the full size of the body in bytes.
    """

    headers: Mapping[str, str]
    body: Any
    body_format: str
    body_bytes: int
    body_cut: bool


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field that is not valid, such as `items[0].quantity`, and the rule that it breaks."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class NearestOperation:
    """The known operation that is most similar to a request for an unknown path."""

    method: str
    path: str
    operation: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent to a vendor's API, and its response.

    `at` is the tenant's time, and `received_at` is real time. `tenant`, `at`, `vendor` and `operation` are
    None if they are unknown. `verdict` is a sentence that says whether the request was valid, and `fault` is
    the ID of the fault that changed the response, or None.
    """

    id: int
    tenant: str | None
    at: datetime | None
    received_at: datetime
    vendor: str | None
    operation: str | None
    method: str
    path: str
    query: str
    request: Message
    status: int
    response: Message
    duration_ms: float
    verdict: str
    errors: tuple[FieldError, ...]
    fault: str | None
    nearest: NearestOperation | None

    def __str__(self) -> str:
        """Return method, path, operation, status and verdict in one line."""
        operation = f" ({self.operation})" if self.operation else ""
        return f"{self.method} {self.path}{operation} -> {self.status}: {self.verdict}"


def exchange(row: Mapping[str, Any]) -> Exchange:
    """Build an exchange from the control plane's JSON."""
    return Exchange(
        **{
            **row,
            "at": row["at"] and datetime.fromisoformat(row["at"]),
            "received_at": datetime.fromisoformat(row["received_at"]),
            "request": Message(**row["request"]),
            "response": Message(**row["response"]),
            "errors": tuple(FieldError(**one) for one in row["errors"]),
            "nearest": NearestOperation(**row["nearest"]) if row["nearest"] else None,
        }
    )


def key(row: Mapping[str, Any]) -> Key:
    """Build a key from the control plane's JSON."""
    login = row.get("credentials")
    return Key(
        **{**row, "scopes": tuple(row["scopes"]), "credentials": Credentials(**login) if login else None}
    )


def event(row: Mapping[str, Any]) -> LedgerEvent:
    """Build a ledger event from the control plane's JSON."""
    return LedgerEvent(**{**row, "at": datetime.fromisoformat(row["at"])})


def delivery(row: Mapping[str, Any]) -> Delivery:
    """Build a delivery from the control plane's JSON."""
    due = row["next_attempt"]
    at = datetime.fromisoformat(row["at"])
    known = {name: value for name, value in row.items() if name != "return"} | {"return_id": row["return"]}
    return Delivery(**{**known, "at": at, "next_attempt": due and datetime.fromisoformat(due)})


def delivery_details(row: Mapping[str, Any]) -> DeliveryDetails:
    """Build a delivery's details from the control plane's JSON."""
    head = {name: value for name, value in row.items() if name not in {"payload", "log"}}
    log = [Attempt(**{**entry, "at": datetime.fromisoformat(entry["at"])}) for entry in row["log"]]
    return DeliveryDetails(delivery(head), row["payload"], tuple(log))


def webhook_events(row: Mapping[str, Any]) -> WebhookEvents:
    """Build a vendor's webhook events from the control plane's JSON."""
    events = {entry["name"]: entry["occurs"] for entry in row["events"]}
    return WebhookEvents(events, row["signed"], tuple(row["versions"]), tuple(row["retries"]), row["own_api"])


def webhook(row: Mapping[str, Any]) -> Webhook:
    """Build a webhook from the control plane's JSON."""
    made = datetime.fromisoformat(row["created_at"])
    return Webhook(**{**row, "events": tuple(row["events"]), "created_at": made})
