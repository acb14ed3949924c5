"""Reports alarms to the hub's owner: to a webhook, a command, or both."""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from connector.errors import ConfigurationError
from connector.hub.alarms import book, conditions
from connector.hub.alarms.silence import HOUR
from connector.hub.locks import ALARMS, one_at_a_time
from connector.hub.moments import micros
from connector.hub.targets import TargetRefusedError, check_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import sqlalchemy as sa

    from connector.clock import Clock
    from connector.definition.model import Integration
    from connector.hub.store import Store

log = logging.getLogger("returns_connector.hub")

TIMEOUT = 30.0
"""The longest time in seconds that the webhook or the command may take."""
EVERY = timedelta(minutes=1)
"""How often the hub looks for problems."""


NOWHERE = "The hub was started without --alarm-url and --alarm-command, so alarms are only logged."


@dataclass(frozen=True, slots=True)
class Routes:
    """Where alarms are sent: a URL, a command line, or nowhere ("").

    Raises `ConfigurationError` if the URL or the command cannot be used.
    """

    url: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        if self.url:
            check_url(self.url)
        try:
            shlex.split(self.command)
        except ValueError as problem:
            raise ConfigurationError(f"The alarm command cannot be read: {problem}.") from problem

    def __bool__(self) -> bool:
        return bool(self.url or self.command)


class Watch:
    """Looks for problems every minute, and reports them; `look` and `send_due` are jobs for the engine."""

    def __init__(
        self,
        store: Store,
        integrations: Mapping[str, Integration],
        routes: Routes,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        shortest: int,
        hub_url: str,
    ) -> None:
        self._store = store
        self._integrations = integrations
        self._routes = routes
        self._http = http
        self._clock = clock
        self._shortest = shortest
        self._hub_url = hub_url
        self._next: datetime | None = None
        self._hour = 0
        """The hour, since the Unix epoch, in which this process looked for silent lists."""

    async def look(self) -> int:
        """Store which problems began and ended; do nothing if this process has looked within a minute."""
        now = self._clock()
        if self._next is not None and now < self._next:
            return 0
        changed = await self._store.run(self._update, now)
        self._next = now + EVERY
        return changed

    def _update(self, connection: sa.Connection, now: datetime) -> int:
        one_at_a_time(connection, ALARMS)
        found = conditions.current(connection, self._integrations, now, self._shortest)
        hour = micros(now) // HOUR  # silence is counted in whole hours, from the events of 30 days
        if hour != self._hour or book.is_open(connection, "silent"):
            found += conditions.silent(connection, self._integrations, now)
            self._hour = hour
        return book.update(connection, found, now)

    async def next_look(self) -> datetime | None:
        return self._next

    async def send_due(self) -> int:
        """Report the alarms whose present state the owner does not know yet, and return their number."""
        sent = 0
        while row := await self._store.run(book.lease_due, self._clock()):
            about = {"alarm": row.number, "kind": row.kind}
            if self._routes or not row.tries:
                log.warning("Alarm %s (%s): %s", row.number, _state(row), row.message, extra=about)
            if not self._routes:
                await self._store.run(_keep, row, self._clock())
                sent += 1
                continue
            problem = await self._send(self._message(row))
            if problem:
                log.error("Alarm %s cannot be sent: %s", row.number, problem)
            await self._store.run(book.settle, row, problem, self._clock())
            sent += 1
        return sent

    def _message(self, row: Any) -> dict[str, Any]:
        shown = book.as_json(row)
        ended = "Ended: " if shown["state"] == book.CLOSED else ""
        return {
            **{name: shown[name] for name in ("kind", "state", "subject", "message", "began_at", "ended_at")},
            "hub": self._hub_url,
            "text": f"{ended}{row.message}",
        }

    async def _send(self, message: dict[str, Any]) -> str:
        """Send an alarm on every route; return why one of them failed, or ""."""
        problems = []
        if self._routes.url:
            problems.append(await self._post(message))
        if self._routes.command:
            problems.append(await self._run(message))
        return " ".join(filter(None, problems))

    async def _post(self, message: dict[str, Any]) -> str:
        try:
            # httpx's timeouts restart with each byte; this one limits the whole request.
            async with asyncio.timeout(TIMEOUT):
                request = self._http.build_request("POST", self._routes.url, json=message, timeout=TIMEOUT)
                answer = await self._http.send(request, stream=True)
            await answer.aclose()
        except TargetRefusedError as refused:
            return str(refused)
        except TimeoutError:
            return f"The webhook for alarms did not answer within {TIMEOUT:.0f} seconds."
        except httpx.HTTPError as problem:
            return f"The webhook for alarms cannot be reached ({type(problem).__name__})."
        return "" if answer.is_success else f"The webhook for alarms answered {answer.status_code}."

    async def _run(self, message: dict[str, Any]) -> str:
        """Run the command with the alarm as JSON on its standard input."""
        try:
            process = await asyncio.create_subprocess_exec(
                *shlex.split(self._routes.command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as problem:
            return f"The alarm command cannot be started: {(problem.strerror or str(problem)).lower()}."
        try:
            async with asyncio.timeout(TIMEOUT):
                await process.communicate(json.dumps(message).encode())
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return f"The alarm command did not end within {TIMEOUT:.0f} seconds."
        return "" if process.returncode == 0 else f"The alarm command ended with status {process.returncode}."


def _keep(connection: sa.Connection, row: Any, now: datetime) -> None:
    """Keep an open alarm until the hub is started with a route for alarms; do not send one that has ended."""
    if row.ended_at is None:
        book.settle(connection, row, NOWHERE, now)
    else:
        book.skip(connection, row, NOWHERE)


def _state(row: Any) -> str:
    return book.OPEN if row.ended_at is None else book.CLOSED
