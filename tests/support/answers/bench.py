"""One vendor's connection in virtual time, and how each use of it ends."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import connector
from connector.transport.rate_limits import Limiter
from connector.transport.retries import PATIENCE
from support.answers.uses import Use, uses
from support.answers.vendor import SECRET, Vendor
from support.virtual_time import VirtualTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.definition.model import Integration
    from connector.runtime.connection import Connection
    from support.answers.cases import Served

START = datetime(2026, 11, 26, 3, tzinfo=UTC)
BASE = "https://shop.example.com"
PLAIN = {"redirect_uri": "https://shop.example/exsited", "shop_name": "shop.example", "store_id": "store_1"}
"""Fields of logins that are no secrets and need a certain form."""


@dataclass(frozen=True)
class Ended:
    """The result of one use: a value or an exception, the virtual seconds it took, and what was logged."""

    value: Any
    error: BaseException | None
    seconds: float
    logged: str


class Watching(logging.Handler):
    """A log handler that keeps every message."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def login(made: Integration, *, with_tokens: bool) -> dict[str, Any]:
    """Return made-up fields of a login, secrets that can be found in texts; tokens only if wanted."""
    said = made.authentication
    shown = {one.key: PLAIN.get(one.key, SECRET) for one in said.fields if one.required}
    if with_tokens and said.tokens and said.field:
        del shown[said.field]
        shown |= dict.fromkeys(said.tokens.grants[0].fills.values(), SECRET)
    return shown


def opened(vendor: Vendor, time: VirtualTime, *, with_tokens: bool = False) -> Connection:
    fields = login(vendor.made, with_tokens=with_tokens)
    how: dict[str, Any] = {"transport": vendor, "clock": time.clock, "base_url": BASE}
    return connector.open(vendor.made, **how, **fields)


class Bench:
    """One vendor's connection, which every use shares; only a request for a token gets a new one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.vendor = Vendor(name)
        self.time = VirtualTime(START)
        self.connection = opened(self.vendor, self.time)
        self.log = Watching()
        self.uses: dict[str, list[Use]] = {}
        for use in (*uses(name, self.connection), *self._token_uses()):
            self._add(use)

    def _add(self, use: Use) -> None:
        """Add a use. The second of a kind gets whole answers; the first gets every change as well."""
        before = self.uses.setdefault(use.operation, [])
        again = any(one.kind == use.kind for one in before)
        before.append(replace(use, reads=frozenset()) if again and use.reads is None else use)

    def _token_uses(self) -> Iterator[Use]:
        tokens = self.vendor.made.authentication.tokens
        if tokens:
            yield Use("token", "token", tokens.operation, self._log_in, calls=2)

    async def _log_in(self) -> None:
        async with opened(self.vendor, self.time, with_tokens=True) as connection:
            await connection.check()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Collect what the connector logs until the block ends, instead of showing it."""
        logger = logging.getLogger("returns_connector")
        logger.addHandler(self.log)
        logger.propagate, before = False, logger.propagate
        try:
            yield
        finally:
            logger.removeHandler(self.log)
            logger.propagate = before

    def end(self, use: Use, served: Served) -> Ended:
        """Serve an answer to a use, and return how it ended."""
        self._forget()
        self.vendor.test(use.operation, served.wire, use.breaks)
        self.log.lines.clear()
        value: Any = None
        error: BaseException | None = None
        try:
            value = self.time.run(use.run())
        except Exception as problem:  # noqa: BLE001 - judged below
            error = problem
        return Ended(value, error, self.time.loop.passed, "\n".join(self.log.lines))

    def _forget(self) -> None:
        """Begin at the same time again, without rate limits and clock differences of the case before."""
        client = self.connection.client
        self.time.loop.passed = 0.0
        client._skew = timedelta()
        client.pace = Limiter(self.vendor.made.limits, client.clock, client.sleep, PATIENCE, self.name)

    def close(self) -> None:
        self.time.run(self.connection.client.close())
        self.time.close()
