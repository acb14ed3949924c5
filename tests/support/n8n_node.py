"""A generated n8n package at a small vendor, whose answers come from the test."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from connector.definition.compiler import integration
from connector.definition.naming import camel
from support.n8n import N8nPackage, credential, package_of, started
from support.requests.filters import FIRST_ID, Rows, at, with_value
from support.requests.zapier import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import InputField, Search, Trigger
    from support.requests.zapier import Vendor

Answer = Callable[[httpx.Request], httpx.Response]
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SECRET = "sandbox-demo-secret-of-the-tests"


@dataclass
class Node:
    """A package of a vendor at a small server, with a credential."""

    vendor: str
    package: N8nPackage
    served: Vendor

    @property
    def account(self) -> dict[str, str]:
        fields = integration(self.vendor).authentication.fields
        return credential({one.key: f"{SECRET}-{one.key}" for one in fields}, self.served.url)

    def poll(
        self, trigger: Trigger, stored: dict[str, Any] | None = None, *, now: datetime = NOW, **more: Any
    ) -> tuple[list[str], dict[str, Any]]:
        """Poll once; return the IDs that fire, and what n8n stores."""
        parameters = {"event": camel(trigger.key), "filters": {}}
        answer = self.package.call(
            "poll", now=now, parameters=parameters, credential=self.account, staticData=stored or {}, **more
        )
        return [str(at(one["json"], trigger.source.id)) for one in answer["items"]], answer["staticData"]

    def run(self, search: Search, items: int = 1, **more: Any) -> list[dict[str, Any]]:
        """Run a search with the inputs that it requires."""
        described = self.package.description["node"]["properties"]
        resource = next(
            one["displayOptions"]["show"]["resource"][0]
            for one in described
            if one["name"] == "operation"
            and camel(search.key) in {each_["value"] for each_ in one["options"]}
        )
        inputs = {camel(one.key): value_for(search, one) for one in search.inputs if one.required}
        parameters = {"resource": resource, "operation": camel(search.key), **inputs, **more.pop("given", {})}
        found: list[dict[str, Any]] = self.package.call(
            "execute",
            now=NOW,
            parameters=parameters,
            credential=self.account,
            items=[{"json": {"n": number}} for number in range(items)],
            **more,
        )
        return found

    def waits(self) -> list[int]:
        found: list[int] = self.package.call("waits")
        return found


def always(answer: httpx.Response, _request: httpx.Request) -> httpx.Response:
    return answer


@contextmanager
def node(vendor: str, answer: Answer) -> Iterator[Node]:
    with serving(vendor, answer) as served, started(package_of(vendor)) as package:
        package.call("waits")
        yield Node(vendor, package, served)


def a_list(vendor: str) -> Search:
    """Return a search of the node that lists records, and needs no filter."""
    made = integration(vendor)
    return next(
        one
        for one in made.searches.values()
        if one.kind in {"list", "find"} and made.operations[one.operation].paging and not one.at_least_one
    )


def value_for(search: Search, field: InputField) -> str:
    """Return a value for a required input; rows with the sample's values match it."""
    known = [value for path in field.found_at if (value := at(search.sample, path))]
    return str(known[0]) if known else {"datetime": "2026-10-31T09:30:00Z"}.get(field.type, "17")


def polled(vendor: str) -> list[Trigger]:
    """Return a trigger for each way of polling that the vendor's package has."""
    found: dict[tuple[str, bool], Trigger] = {}
    for one in integration(vendor).triggers.values():
        if "n8n" in one.guarantees and (not one.runtimes or "n8n" in one.runtimes):
            found.setdefault((one.source.strategy, rereads(one)), one)
    return list(found.values())


def rereads(trigger: Trigger) -> bool:
    """Return True if n8n reads a list again that changed between two pages, not only its newest rows."""
    return trigger.source.since is not None or getattr(trigger.source, "state", None) is not None


def rows_of(trigger: Trigger, count: int, when: datetime) -> list[dict[str, Any]]:
    """Return rows that fire, newest first: each a second older than the one before it."""
    found = []
    for number in range(count):
        made = Rows(trigger, when - timedelta(seconds=number))
        made.add_at(("n",), number)
        id_ = at(made.rows[0], trigger.source.id)
        new = FIRST_ID + count - number
        found.append(with_value(made.rows[0], trigger.source.id, new if isinstance(id_, int) else str(new)))
    return found


def ids_of(trigger: Trigger, rows: list[dict[str, Any]]) -> list[str]:
    return [str(at(row, trigger.source.id)) for row in rows]
