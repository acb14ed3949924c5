"""Adds, changes, lists and deletes the webhooks of all tenants, and queues events for these webhooks.

A webhook is a row of the kind `webhook`, so a reset deletes it together with the tenant's other data. Most
vendors' webhooks are added through the control plane, because merchants add them in the vendor's dashboard.
If a vendor's own API registers webhooks, the vendor's code stores their rows; `Webhooks` also lists, deletes
and tests these webhooks.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Final, Protocol

import orjson

from mock_server.clock import Clocks
from mock_server.store import Change, Filters, Row, Store, statements
from mock_server.webhooks.format import Event, Message, Record, WebhookFormat
from mock_server.webhooks.outbox import Delivery, Outbox
from mock_server.webhooks.sender import UnsendableError

KIND: Final = "webhook"
ACTIVE, PAUSED, DELETED = "active", "paused", ""
PAUSED_OUTCOME: Final = "The webhook was paused."
_log = logging.getLogger(__name__)


class PayloadValidator(Protocol):
    """Validates deliveries and conditions of webhooks against a vendor's specification."""

    def problem(self, kind: str, version: int, body: bytes) -> str:
        """Validate the body of a delivery; return a sentence about the first error, or "" if it is valid.

        `version` is the version of the payload; 0 is the newest version.
        """

    def conditions_problem(self, conditions: Mapping[str, Any]) -> str:
        """Validate the conditions of a webhook; return a sentence about the first error, or "" if valid."""


class UnknownWebhookError(LookupError):
    """Raised if a tenant has no webhook with the requested ID."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A tenant's webhook, which sends `events` of a vendor to `url`.

    `id` identifies the webhook in the control plane. `conditions` have the vendor's format. `version` is the
    version of the payload, or 0 for the newest. `created_at` is in microseconds since the Unix epoch. `own`
    is True if the vendor's own API registered the webhook.
    """

    id: str
    vendor: str
    url: str
    events: tuple[str, ...]
    conditions: Mapping[str, Any]
    version: int
    active: bool
    created_at: int
    secret: str = ""
    own: bool = False

    def __repr__(self) -> str:
        """Leave out the secret, so that it does not appear in logs."""
        return f"Webhook({self.id!r})"


async def _no_problem(_url: str) -> str:
    return ""


class Webhooks:
    """Adds, lists and changes the webhooks of all tenants, and queues events for them."""

    def __init__(self, store: Store, outbox: Outbox, clocks: Clocks) -> None:
        self._store = store
        self._outbox = outbox
        self._clocks = clocks
        self._formats: dict[str, WebhookFormat] = {}
        self._validators: dict[str, PayloadValidator] = {}
        self._invalid = 0
        self._last_invalid = ""
        self.target_problem: Callable[[str], Awaitable[str]] = _no_problem
        """Returns why deliveries to a URL would be refused, as a sentence, or "" if they would be sent."""

    def declare(self, format_: WebhookFormat, validator: PayloadValidator) -> None:
        """Register a vendor's webhook format; `validator` validates each payload when it is sent."""
        self._formats[format_.vendor] = format_
        self._validators[format_.vendor] = validator
        self._outbox.delays[format_.vendor] = format_.delays

    def format_of(self, vendor: str) -> WebhookFormat | None:
        """Return a vendor's webhook format, or None if the vendor sends no webhooks."""
        return self._formats.get(vendor)

    def conditions_problem(self, vendor: str, conditions: Mapping[str, Any]) -> str:
        """Validate the conditions of a webhook; return a sentence about the first error, or "" if valid."""
        return self._validators[vendor].conditions_problem(conditions)

    # Events

    def post(
        self,
        change: Change,
        tenant: str,
        vendor: str,
        kinds: Iterable[str],
        record: Record,
        at: int,
        return_id: str,
    ) -> None:
        """Queue one event per kind, all about `record`, for every webhook that subscribes to the kind.

        `return_id` is the ID of the return to which the record belongs. Call this after the change is
        recorded in the ledger, because the events' IDs are derived from the number of the last ledger event.
        """
        # The totals are kept in memory, so changes of tenants without webhooks do not need a query.
        if not self._store.total(tenant, vendor, KIND):
            return
        webhooks = [webhook for webhook in self.of_vendor(tenant, vendor) if webhook.active]
        for kind in kinds:
            event = Event(kind, self._event_id(tenant, vendor, kind), at)
            for webhook in webhooks:
                if kind in webhook.events and self._formats[vendor].wants(webhook.conditions, record):
                    self._enqueue(change, tenant, webhook, event, record, return_id=return_id)

    def test(self, change: Change, tenant: str, webhook: Webhook, kind: str) -> int:
        """Queue a test event about an example record for one webhook; return the delivery's ID."""
        at = self._clocks.now(tenant)
        record = self._formats[webhook.vendor].sample(kind, 1, at)
        event = Event(kind, f"evt_{token_hex(12)}", at)
        return self._enqueue(change, tenant, webhook, event, record, test=True)

    def _enqueue(
        self,
        change: Change,
        tenant: str,
        webhook: Webhook,
        event: Event,
        record: Record,
        *,
        return_id: str = "",
        test: bool = False,
    ) -> int:
        versioned = replace(event, version=webhook.version)
        payload = self._formats[webhook.vendor].payload(versioned, record)
        return self._outbox.enqueue(
            change,
            tenant,
            webhook.vendor,
            webhook=webhook.id,
            event=event.kind,
            url=webhook.url,
            body=orjson.dumps(payload),
            at=event.at,
            return_id=return_id,
            test=test,
        )

    def _event_id(self, tenant: str, vendor: str, kind: str) -> str:
        partition = self._store.partition(tenant)
        ((last,),) = self._store.fetch(statements.LAST_EVENT, (partition,))
        source = f"{partition}\0{vendor}\0{kind}\0{last}"
        return f"evt_{hashlib.blake2s(source.encode(), digest_size=12).hexdigest()}"

    # Attempts

    def prepare(self, delivery: Delivery, *, ago: int = 0, secret: str | None = None) -> Message:
        """Sign a delivery for one attempt, and validate the result against the specification.

        The time in the signature is the real time minus `ago` microseconds, because receivers compare it with
        their own clocks; the times in the payload are on the tenant's clock. If `secret` is not None, it
        replaces the webhook's secret. Raises `UnsendableError` if the webhook is deleted or the payload is
        invalid. An invalid payload is a bug in the sandbox: it is logged and reported by `problems`, but the
        change that caused the event is kept.
        """
        format_ = self._formats.get(delivery.vendor)
        if format_ is None:
            raise UnsendableError(f"This sandbox does not serve {delivery.vendor}.")
        try:
            webhook = self.get(delivery.tenant, delivery.webhook, delivery.vendor)
        except UnknownWebhookError as error:
            raise UnsendableError(str(error)) from None
        at, key = self._clocks.real() - ago, webhook.secret if secret is None else secret
        message = format_.sign(delivery.event, delivery.body, key, at, token_hex(16))
        problem = self._validators[delivery.vendor].problem(delivery.event, webhook.version, message.body)
        if problem:
            self._invalid += 1
            self._last_invalid = f"{delivery.event} of {delivery.vendor}: {problem}"
            _log.error("Webhook delivery %d is not sent. %s", delivery.id, self._last_invalid)
            raise UnsendableError(problem)
        return message

    def problems(self) -> list[str]:
        """Return a sentence about invalid payloads since the sandbox started, or [] if there were none."""
        if not self._invalid:
            return []
        count = "1 webhook payload was" if self._invalid == 1 else f"{self._invalid} webhook payloads were"
        return [f"{count} not valid and not sent. The last one was {self._last_invalid}"]

    # Webhooks

    def add(
        self,
        change: Change,
        tenant: str,
        vendor: str,
        *,
        url: str,
        events: Iterable[str],
        secret: str,
        conditions: Mapping[str, Any],
        version: int,
    ) -> Webhook:
        """Store a new webhook; the caller must validate the values first."""
        number = self._store.total(tenant, vendor, KIND) + 1
        webhook = Webhook(
            id=f"wh_{vendor}_{number}",
            vendor=vendor,
            url=url,
            events=tuple(events),
            conditions=conditions,
            version=version,
            active=True,
            created_at=self._clocks.now(tenant),
            secret=secret,
        )
        self.save(change, tenant, webhook)
        return webhook

    def save(self, change: Change, tenant: str, webhook: Webhook) -> None:
        """Store a new or changed webhook; if it is paused, its pending deliveries are given up."""
        names = ("id", "url", "conditions", "version", "secret")
        document = {name: getattr(webhook, name) for name in names} | {"events": list(webhook.events)}
        status = ACTIVE if webhook.active else PAUSED
        made = webhook.created_at
        change.put_document(
            tenant, webhook.vendor, KIND, webhook.id, document, created_at=made, status=status
        )
        if not webhook.active:
            self._outbox.give_up(change, tenant, webhook.vendor, webhook.id, PAUSED_OUTCOME)

    def renew_secrets(self, change: Change, tenant: str) -> None:
        """Generate new secrets for a tenant's webhooks; call this when the tenant was copied from another.

        Webhooks without a secret, and those that the vendor's own API registered, do not change.
        """
        for webhook in self.every(tenant):
            if webhook.secret and not webhook.own:
                secret = self._formats[webhook.vendor].new_secret()
                self.save(change, tenant, replace(webhook, secret=secret))

    def delete(self, change: Change, tenant: str, webhook: Webhook) -> None:
        """Delete a webhook and its pending deliveries; an empty row is kept, so that no ID is used twice."""
        change.put_document(
            tenant, webhook.vendor, KIND, webhook.id, {}, created_at=webhook.created_at, status=DELETED
        )
        self._outbox.cancel(change, tenant, webhook.vendor, webhook.id)

    def every(self, tenant: str) -> list[Webhook]:
        """List a tenant's webhooks at all vendors, sorted by vendor and time."""
        return [webhook for vendor in sorted(self._formats) for webhook in self.of_vendor(tenant, vendor)]

    def of_vendor(self, tenant: str, vendor: str) -> list[Webhook]:
        """List a tenant's webhooks at one vendor, oldest first."""
        rows = list(self._store.rows(tenant, vendor, KIND, Filters()))
        return [_webhook(row) for row in rows if row.status != DELETED]

    def get(self, tenant: str, id_: str, vendor: str | None = None) -> Webhook:
        """Look up a webhook by its ID, at `vendor` or, if it is None, at all vendors.

        Raises `UnknownWebhookError` if the tenant has no such webhook.
        """
        for name in [vendor] if vendor else sorted(self._formats):
            row = self._store.row(tenant, name, KIND, id_)
            if row is not None and row.status != DELETED:
                return _webhook(row)
        raise UnknownWebhookError(f"{tenant} has no webhook {id_}.")


def _webhook(row: Row) -> Webhook:
    """Build a webhook from its row.

    If the vendor's own API registered the webhook, the status of the row is the name of the event.
    """
    document = orjson.loads(row.document)
    own = row.status not in {ACTIVE, PAUSED}
    return Webhook(
        id=row.id,
        vendor=row.vendor,
        url=document["url"],
        events=(row.status,) if own else tuple(document["events"]),
        conditions=document.get("conditions", {}),
        version=document.get("version", 0),
        active=row.status != PAUSED,
        created_at=row.created_at,
        secret=document.get("secret", ""),
        own=own,
    )
