"""The history of a return: its ledger events, requests and webhook deliveries in one list, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mock_server.console.api import Api

_NEWEST: Final = 1_000
"""The maximum number of events to search, and of deliveries, and of requests; the newest are searched."""
_RETURN: Final = "return."


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the history; `record` is the control plane's JSON object, and `at` an RFC 3339 date-time."""

    kind: Literal["event", "delivery", "request"]
    at: str
    record: Mapping[str, Any]


def history(client: Api, tenant: str, found: Mapping[str, Any]) -> list[Entry]:
    """Return the history of a return, newest first; `found` is the API's `ReturnDetails` of this return."""
    requests = [Entry("request", one["at"], one) for one in sent_about(client, tenant, found)]
    entries = [*_deliveries(client, tenant, found), *_events(client, tenant, found), *requests]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _events(client: Api, tenant: str, found: Mapping[str, Any]) -> Iterator[Entry]:
    events = client.get("tenants", tenant, "ledger", last=_NEWEST, vendor=found["vendor"])["events"]
    for event in reversed(events):
        subject = event["subject"] if event["kind"].startswith(_RETURN) else event["body"].get("return")
        if subject == found["id"]:
            yield Entry("event", event["at"], event)


def _deliveries(client: Api, tenant: str, found: Mapping[str, Any]) -> Iterator[Entry]:
    query = {"vendor": found["vendor"], "return": found["id"], "last": _NEWEST}
    for delivery in client.get("tenants", tenant, "deliveries", **query)["deliveries"]:
        yield Entry("delivery", delivery["at"], delivery)


def sent_about(client: Api, tenant: str, found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the requests that created a return, or whose URL or body contains its ID, newest first.

    `found` is the API's `ReturnDetails` of the return.
    """
    id_ = found["id"]
    query = {"vendor": found["vendor"], "text": id_, "limit": _NEWEST}
    listed = client.get("tenants", tenant, "requests", **query)["requests"]
    return [one for one in listed if _is_about(one, id_)]


def _is_about(exchange: Mapping[str, Any], id_: str) -> bool:
    named = (exchange["path"], exchange["query"], _text(exchange["request"]["body"]))
    created = exchange["method"] == "POST" and id_ in _text(exchange["response"]["body"])
    return created or any(id_ in text for text in named)


def _text(body: Any) -> str:
    return body if isinstance(body, str) else orjson.dumps(body).decode()
