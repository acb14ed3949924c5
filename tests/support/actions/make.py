"""Writes in the emulator of Make."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from connector.generator.make import render
from connector.generator.make.naming import camel
from connector.generator.make.requests import version_prefix
from support.actions.cases import Outcome
from support.actions.forward import OnLoop
from support.actions.served import Served
from support.make.connections import connect
from support.make.engine import Connected
from support.make.offline import loaded
from support.make.requests import MakeError, Wire

LOST = "may or may not have been made"
AGAIN = ("RateLimitError", "ConnectionError", "ModuleTimeoutError")
"""The errors after which Make runs a module again by itself."""


@dataclass
class Scenario:
    """A vendor's app, connected with the login of the served sandbox."""

    served: Served
    connection: Connected

    def act(self, key: str, inputs: Mapping[str, Any]) -> Outcome:
        """Run a module once with the inputs that its form shows."""
        form = self.connection.app.code("module", camel(key), "mappableParams")
        shown = {name: inputs[name] for one in form if (name := one["name"]) in inputs}
        self.connection.now = self.served.now()
        try:
            run = asyncio.to_thread(self.connection.run, camel(key), **shown)
            (record,) = self.served.run(run)
            return Outcome("record", record)
        except MakeError as problem:
            if problem.type in AGAIN:
                return Outcome("again", message=str(problem))
            unknown = LOST in problem.message
            return Outcome("unknown" if unknown else "refused", message=str(problem))


@contextmanager
def connected(served: Served) -> Iterator[Scenario]:
    """Connect the vendor's app, with all of its modules, until the block ends."""
    prefix, app = version_prefix(served.offer), loaded(render(served.offer, selection="everything"))
    there = served.base_url.removesuffix(prefix)
    hosts = {one.base_url.removesuffix(prefix): there for one in served.offer.environments}
    name = next(iter(app.components("connection")))
    form = {one["name"] for one in app.code("connection", name, "params")}
    host = served.offer.authentication.host
    own = {host.key: served.offer.environments[0].base_url} if host else {}
    typed = {key: value for key, value in {**own, **served.login}.items() if key in form}
    transport = OnLoop(served.time)
    try:
        wire = Wire(httpx.Client(transport=transport), hosts)
        made = served.run(asyncio.to_thread(connect, app, wire, served.now(), **typed))
        yield Scenario(served, made)
    finally:
        served.run(transport.aclose())
