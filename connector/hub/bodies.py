"""Builds the bodies of deliveries, and the samples that have the same shape."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from connector.hub import exact_json
from connector.hub.moments import micros, moment, timestamp
from connector.runtime.polling import Event
from connector.unified.mapping import unified_event

if TYPE_CHECKING:
    from connector.definition.model import Integration

log = logging.getLogger("returns_connector.hub")


def of_delivery(row: Any, integration: Integration) -> dict[str, Any]:
    """Build the JSON body of a delivery from its row, with the record in the subscription's format."""
    more = {"gap": bool(row.gap)}
    if row.replay_of:
        more["replay_of"] = row.replay_of
    where = (row.connection, row.connection_name)
    return body_of(event_of(row, row.event_id), integration, where, row.format, more)


def body_of(
    event: Event, integration: Integration, where: tuple[str, str], format_: str, more: dict[str, Any]
) -> dict[str, Any]:
    """Build the JSON body of a delivery of an event, with the record in the common model or the vendor's.

    `where` is the ID and the name of the connection, `format_` is "unified" or "vendor", and `more` contains
    the fields that belong to the delivery. If a record cannot be converted to the common model, `data` is
    null, and `raw` contains the vendor's record.
    """
    connection, name = where
    body = {
        "event_id": event.id,
        "type": event.trigger,
        "vendor": integration.vendor.id,
        "connection": name,
        "connection_id": connection,
        "occurred_at": None if event.occurred_at is None else timestamp(micros(event.occurred_at)),
        "observed_at": timestamp(micros(event.observed_at)),
        **more,
    }
    if format_ == "vendor":
        return {**body, "data": event.data}
    try:
        unified = unified_event(integration, event, profile=name).as_json()
    except Exception as problem:  # noqa: BLE001 - the event is delivered although one format cannot hold it
        log.warning("%s cannot be converted: %s", event.id, problem)
        unified = {"kind": "other", "record": None, "raw": event.data}
    return {**body, "kind": unified["kind"], "data": unified["record"], "raw": unified["raw"]}


def event_of(row: Any, id_: str) -> Event:
    """Build the event with the ID `id_` from a row with the columns of the table `events`."""
    return Event(
        id=id_,
        trigger=row.trigger,
        occurred_at=None if row.occurred_at is None else moment(row.occurred_at),
        observed_at=moment(row.observed_at),
        data=exact_json.loads(row.data),
    )
