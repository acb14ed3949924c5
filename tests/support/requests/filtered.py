"""Polls a trigger with filters in each runtime, and returns the IDs of the rows that fired."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from connector.definition.compiler import integration
from connector.definition.naming import camel
from connector.generator.make import render
from support.any_vendor import body, open_any
from support.fake_vendor import Time
from support.make.all_steps import Step, connected
from support.make.engine import State
from support.make.offline import NOW as MAKE_NOW
from support.make.offline import loaded
from support.n8n import credential, package_of, started
from support.requests.filters import Row, Tries, at
from support.requests.zapier import serving
from support.zapier import APPS, ROOT, node, require_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Integration, Trigger

STEPS = ROOT / "tests" / "generator" / "runtime" / "steps.mjs"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""When the runtimes except Make poll; `tests/generator/runtime/apps.mjs` has the same time."""
AGO = timedelta(minutes=10)
Results = Sequence[frozenset[str]]


@dataclass
class Listing:
    """Answers the first page of a trigger's list with `rows`; further pages are empty, details missing."""

    trigger: Trigger
    vendor: str
    rows: Sequence[Row] = ()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        made = integration(self.vendor)
        operation = made.operations[self.trigger.source.operation]
        if not request.url.path.endswith(operation.path):
            return httpx.Response(404, json={})
        paging = made.paging.get(operation.paging or "")
        page = request.url.params.get(paging.page_parameter) if paging else None
        first = paging is None or page in (None, str(paging.first))
        return httpx.Response(200, json=body(operation, list(self.rows) if first else []))


def ids(trigger: Trigger, rows: Sequence[Any]) -> frozenset[str]:
    found = [str(at(row, trigger.source.id)) for row in rows]
    assert len(set(found)) == len(found), f"{trigger.key} fires twice for a row: {found}"
    return frozenset(found)


def in_python(vendor: str, key: str, tries: Tries) -> Results:
    """Poll once before the rows exist, and from there once for each case."""
    return asyncio.run(_in_python(vendor, key, tries))


async def _in_python(vendor: str, key: str, tries: Tries) -> Results:
    trigger = integration(vendor).triggers[key]
    listing, time = Listing(trigger, vendor), Time(NOW - AGO - AGO)
    async with open_any(vendor, time, listing) as connection:
        bound = connection.triggers[key]
        cursor = (await bound.poll_list(None)).cursor
        time.now, listing.rows = NOW, tries.rows
        polled = [await bound.poll_list(cursor, **case.inputs) for case in tries.cases]
    return [ids(trigger, [event.data for event in one.events]) for one in polled]


def polls_in_make(vendor: str, key: str) -> bool:
    """Check whether the vendor's app for Make polls a trigger; an instant trigger has no filters there."""
    module = Step(vendor, "trigger", camel(key)).app.components("module").get(camel(key), {})
    return module.get("moduleType") == "trigger"


def in_make(vendor: str, key: str, tries: Tries) -> Results:
    """Run the module of the vendor's app in the emulator, from the beginning of the list."""
    trigger = integration(vendor).triggers[key]
    step = Step(vendor, "trigger", camel(key))
    found = [step.run(Listing(trigger, vendor, tries.rows), limit=100, **case.inputs) for case in tries.cases]
    return [ids(trigger, rows) for rows in found]


def excluded_in_make(offer: Integration, trigger: Trigger, tries: Tries) -> frozenset[str]:
    """Run a trigger of an app that is rendered from another catalog than the vendor's."""
    vendor = offer.vendor.id
    shop = connected(vendor, Listing(trigger, vendor, tries.rows), loaded(render(offer)))
    return ids(trigger, shop.poll(camel(trigger.key), State(), limit=100))


def in_n8n(vendor: str, key: str, tries: Tries) -> Results:
    """Poll once before the rows exist, and from there once for each case: other filters start again."""
    made = integration(vendor)
    trigger = made.triggers[key]
    login = {one.key: f"{one.key}-of-the-tests" for one in made.authentication.fields}
    listing, found = Listing(trigger, vendor), []
    with serving(vendor, listing) as served, started(package_of(vendor)) as package:
        account = credential(login, served.url)
        for case in tries.cases:
            listing.rows = ()
            filters = {camel(name): value for name, value in case.inputs.items()}
            parameters = {"event": camel(key), "filters": filters}
            command = {"parameters": parameters, "credential": account}
            first = package.call("poll", now=NOW - AGO - AGO, **command)
            assert first["items"] == []
            listing.rows = tries.rows
            then = package.call("poll", now=NOW, staticData=first["staticData"], **command)
            found.append(ids(trigger, [one["json"] for one in then["items"]]))
    return found


@dataclass
class ZapierSteps:
    """All apps in one process of Node."""

    process: subprocess.Popen[str]

    def run(self, **command: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer
        return answer["results"]

    def polled(self, vendor: str, key: str, tries: Tries) -> Results:
        """Poll once for each case: Zapier itself knows which rows are new."""
        trigger = integration(vendor).triggers[key]
        is_instant = "type: 'hook'" in (APPS / vendor / "triggers" / f"{key}.js").read_text("utf-8")
        method = f"triggers.{key}.operation.perform{'List' if is_instant else ''}"
        with serving(vendor, Listing(trigger, vendor, tries.rows)) as served:
            command = {"vendor": vendor, "url": served.url, "method": method}
            found = [self.run(**command, inputs=dict(case.inputs)) for case in tries.cases]
        return [ids(trigger, rows) for rows in found]


@contextmanager
def zapier_steps() -> Iterator[ZapierSteps]:
    """Start Node until the block ends."""
    require_modules()
    with subprocess.Popen(
        [node(), str(STEPS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield ZapierSteps(process)


def shifted(tries: Callable[[datetime], Tries], runtime: str) -> Tries:
    """Return rows that happened shortly before a runtime polls."""
    return tries((MAKE_NOW if runtime == "make" else NOW) - AGO)
