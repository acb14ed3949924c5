"""Explains in one sentence what a rehearsal (a dry run that is undone) changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mock_server import ledger
from mock_server.forecast.rehearsal import Effects
from mock_server.ledger import Event

_CLAUSES: Final[Mapping[str, Callable[[str, Mapping[str, Any]], str]]] = {
    ledger.RETURN_CREATED: lambda subject, body: f"return {subject} is created as {body['status']}",
    ledger.RETURN_NOTE_ADDED: lambda _, __: "a note is added to the return",
    ledger.RETURN_QUALITY_CHECKED: lambda _, body: f"the result of the quality control is {body['to']}",
    ledger.RETURN_ITEMS_RECEIVED: lambda _, body: f"{_count(body['quantity'], 'item')} received",
    ledger.SHIPMENT_CREATED: lambda subject, _: f"shipment {subject} is created",
    ledger.SHIPMENT_STATE_CHANGED: lambda subject, body: f"shipment {subject} becomes {body['to']}",
    ledger.REFUND_ISSUED: lambda _, body: f"a refund of {body['amount']} {body['currency']} is issued",
    ledger.ORDER_CREATED: lambda _, body: f"order {body['number']} is created",
    ledger.TRANSACTION_CREATED: lambda _, body: (
        f"a transaction {body['type']} of {body['amount']} {body['currency']} is created as {body['status']}"
    ),
    ledger.TRANSACTION_STATE_CHANGED: lambda subject, body: f"transaction {subject} becomes {body['to']}",
    ledger.SWITCH_TURNED: lambda subject, body: f"switch {subject} is turned {'on' if body['on'] else 'off'}",
}
"""Functions that describe an event in a clause, keyed by kind. They accept the event's subject and body."""


def explain(effects: Effects, *, return_id: str, opening: str = "") -> str:
    """Explain effects in one sentence, which begins with `opening` if this is not empty.

    The sentence refers to the return with the ID `return_id` as "the return".
    """
    clauses = [*filter(None, [opening]), *_clauses(effects, return_id)] or ["nothing changes"]
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def _clauses(effects: Effects, return_id: str) -> Iterator[str]:
    for event in effects.events:
        yield _clause(event, return_id)
    for name, webhooks in Counter(delivery.event for delivery in effects.deliveries).items():
        yield f"{name} is sent to {_plural(webhooks, 'webhook')}"


def _clause(event: Event, return_id: str) -> str:
    if event.kind == ledger.RETURN_STATE_CHANGED:
        name = "the return" if event.subject == return_id else f"return {event.subject}"
        return f"{name} becomes {event.body['to']}"
    return _CLAUSES[event.kind](event.subject, event.body)


def _count(number: int, noun: str) -> str:
    return f"{_plural(number, noun)} {'is' if number == 1 else 'are'}"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
