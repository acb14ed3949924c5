"""Writes in Python: as an operation (`call`) and as an action, on a clock that only sleeping advances."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

import connector
from connector.errors import ConnectorError, OutcomeUnknown
from connector.runtime.actions import BoundAction
from connector.runtime.connection import Connection
from support.actions.cases import Outcome
from support.actions.served import Served


@dataclass
class Caller:
    """A connection to a served sandbox."""

    served: Served
    connection: Connection = field(init=False)
    slept: timedelta = timedelta()

    def open(self) -> "Caller":
        login: dict[str, Any] = {**self.served.login}
        self.connection = connector.open(
            self.served.offer,
            base_url=self.served.base_url,
            transport=httpx.AsyncHTTPTransport(verify=False),
            clock=self._clock,
            sleep=self._sleep,
            **login,
        )
        return self

    def call(self, operation: str, values: dict[str, Any]) -> Outcome:
        return self._outcome(self._data(operation, values))

    def act(self, action: str, inputs: dict[str, Any]) -> Outcome:
        # A restored sandbox uses the same IDs again, which an action that is called twice remembers.
        fresh = BoundAction(self.connection.client, self.served.offer.actions[action])
        return self._outcome(fresh(**inputs))

    async def _data(self, operation: str, values: dict[str, Any]) -> Any:
        return (await self.connection.operations[operation](**values)).data

    def _outcome(self, write: Coroutine[Any, Any, Any]) -> Outcome:
        self.slept = timedelta()
        try:
            return Outcome("record", self.served.run(write))
        except OutcomeUnknown as lost:
            return Outcome("unknown", message=str(lost), sent=lost.sent)
        except ConnectorError as refused:
            return Outcome("refused", message=f"{type(refused).__name__}: {refused}")

    def _clock(self) -> datetime:
        now: datetime = self.served.now()
        return now + self.slept

    async def _sleep(self, seconds: float) -> None:
        self.slept += timedelta(seconds=seconds)


@contextmanager
def calling(served: Served) -> Iterator[Caller]:
    """Open a connection until the block ends."""
    caller = Caller(served).open()
    try:
        yield caller
    finally:
        served.run(caller.connection.client.close())
