"""`Rebuilt`: the state of a tenant's records, rebuilt from the ledger only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from mock_server import ledger
from mock_server.verification.differences import Difference

CREATED: Final = {
    ledger.RETURN_CREATED: "return",
    ledger.SHIPMENT_CREATED: "shipment",
    ledger.TRANSACTION_CREATED: "transaction",
    ledger.ORDER_CREATED: "order",
}
"""The kind of record that each kind of event creates."""
MOVED: Final = {
    ledger.RETURN_STATE_CHANGED: "return",
    ledger.SHIPMENT_STATE_CHANGED: "shipment",
    ledger.TRANSACTION_STATE_CHANGED: "transaction",
}
"""The kind of record that each kind of event moves to another status."""
Event = tuple[int, str, str, str, int, bytes]
"""A ledger event: sequence, vendor, kind, subject, time (µs since the Unix epoch) and body as JSON."""
Record = tuple[str, str, str]
"""The vendor, kind and ID of a record."""


@dataclass(slots=True)
class State:
    """The state of a record according to the ledger.

    `event` is the number of the event that set `status`. `created_at` is the time (µs) of the event that
    created the record. `state` is the neutral state of a return; it is "" for other records. `owner` is the
    ID of the return to which the record belongs, or "".
    """

    status: str
    event: int
    created_at: int
    state: str = ""
    owner: str = ""


@dataclass(slots=True)
class Rebuilt:
    """The records, refunds, receipts and switches after the events that have been read so far."""

    records: dict[Record, State] = field(default_factory=dict)
    refunds: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    """The refunded amount of each return, keyed by vendor and ID."""
    receipts: dict[tuple[str, str], str] = field(default_factory=dict)
    """The ID of the return that each receipt belongs to, keyed by the receipt's vendor and ID."""
    switches: set[tuple[str, str, str]] = field(default_factory=set)
    """The vendor, name and shop of each switch that is on."""
    last: int = 0

    def read(self, events: Iterable[Event]) -> Iterator[Difference]:
        """Apply events in order; yield a difference for each missing, unreadable or contradictory event."""
        for sequence, vendor, kind, subject, at, raw in events:
            if sequence != self.last + 1:
                yield _wrong(vendor, subject, f"event {self.last + 1} is missing; the next one is {sequence}")
            self.last = sequence
            try:
                body = orjson.loads(raw)
                yield from self._apply(sequence, vendor, kind, subject, at, body)
            except (ValueError, KeyError, TypeError, InvalidOperation) as error:
                reason = f"its body cannot be read ({type(error).__name__})"
                yield _wrong(vendor, subject, f"event {sequence} ({kind}) is damaged: {reason}")

    def _apply(
        self, sequence: int, vendor: str, kind: str, subject: str, at: int, body: dict[str, Any]
    ) -> Iterator[Difference]:
        if kind not in ledger.KINDS:
            yield _wrong(vendor, subject, f"event {sequence} has the unknown kind {kind!r}")
        elif kind in CREATED:
            record = (vendor, CREATED[kind], subject)
            if record in self.records:
                yield _wrong(
                    vendor, subject, f"event {sequence} creates the {record[1]} {subject} a second time"
                )
            owner = body.get("return", "")
            self.records[record] = State(body["status"], sequence, at, body.get("state", ""), owner)
        elif kind in MOVED:
            yield from self._move(sequence, (vendor, MOVED[kind], subject), body)
        elif kind == ledger.REFUND_ISSUED:
            amount = self.refunds.get((vendor, subject), Decimal(0)) + Decimal(body["amount"])
            self.refunds[vendor, subject] = amount
        elif kind == ledger.RETURN_ITEMS_RECEIVED:
            self.receipts[vendor, body["receipt"]] = subject
        elif kind == ledger.SWITCH_TURNED:
            switch = (vendor, subject, body.get("shop", ""))
            (self.switches.add if body["on"] else self.switches.discard)(switch)

    def _move(self, sequence: int, record: Record, body: dict[str, Any]) -> Iterator[Difference]:
        vendor, kind, subject = record
        known = self.records.get(record)
        before = "not created" if known is None else repr(known.status)
        if known is None or known.status != body["from"]:
            yield _wrong(
                vendor,
                subject,
                f"event {sequence} moves the {kind} {subject} from {body['from']!r} to {body['to']!r}, "
                f"but by then it was {before}",
            )
        if known is not None:
            known.status, known.event, known.state = body["to"], sequence, body.get("state", "")


def _wrong(vendor: str, subject: str, message: str) -> Difference:
    return Difference("ledger", vendor, subject, f"In the ledger, {message}.")
