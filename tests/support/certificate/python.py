"""The connector in Python as a poller: `Runner` with a cursor file that survives crashes."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from connector.definition.model import Integration, Operation, Runtime, Trigger
from connector.errors import ConfigurationError, OutcomeUnknown
from connector.runtime.cursors import Cursors
from connector.runtime.polling import STRATEGIES, Event, Strategy
from connector.runtime.runner import Runner
from support.certificate.crashes import CrashingCursors, crashing
from support.certificate.delivery import Delivery, WithoutTroubles
from support.certificate.drawing import NUMBERS, USUAL, Adversity
from support.merchant import SKU

PROFILE = "certificate"
WRITES: Mapping[str, Mapping[str, Any]] = {
    "returnmate": {
        "customer_email": "omar.haddad@example.com",
        "items": [{"sku": SKU, "quantity": 1, "reason": "defective"}],
    }
}
"""Inputs of `create_return`, where an action creates returns of any order."""


def unchanged(strategy: Strategy) -> Strategy:
    return strategy


@dataclass(frozen=True)
class Python:
    """Makes pollers with these parts; mutants replace some of them."""

    strategy: Callable[[Strategy], Strategy] = unchanged
    runner: type[Runner] = Runner
    cursors: type[CrashingCursors] = CrashingCursors

    runtime: Runtime = "python"

    def adversity(self, trigger: Trigger) -> Adversity:
        """Return every trouble; only the versions of its rows show that a page is outdated."""
        versions = trigger.source.strategy == "snapshot"
        troubles = (kind for kind in NUMBERS if kind not in USUAL and (versions or kind != "stale"))
        return Adversity(tuple(troubles))

    @contextmanager
    def started(self, _offer: Integration) -> Iterator[Self]:
        yield self

    def offers(self, trigger: Trigger) -> bool:
        return self.runtime in trigger.guarantees

    def __call__(self, delivery: Delivery) -> "PythonPoller":
        return PythonPoller(delivery, self)


class PythonPoller(WithoutTroubles):
    """One process: a connection, a cursor file and a runner. `restart` keeps only the file."""

    def __init__(self, delivery: Delivery, parts: Python) -> None:
        self.delivery = delivery
        self.parts = parts
        memory = Path("/dev/shm")
        self.folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
        self.refresh_token = ""
        self.written = 0
        self._start()

    def _start(self) -> None:
        delivery = self.delivery
        self.connection = delivery.connect(delivery.adversary)
        if tokens := self.connection.client.tokens:
            tokens.refresh_token = self.refresh_token
            tokens.save_refresh_token = self._keep_token
        strategy = self.parts.strategy(STRATEGIES[delivery.trigger.source.strategy])
        self.trigger = self.connection.trigger_with_strategy(
            delivery.key, crashing(strategy, delivery.crashes)
        )
        self.cursors = self._open()

    def _keep_token(self, token: str) -> None:
        self.refresh_token = token

    def _open(self) -> Cursors:
        cursors = self.parts.cursors(Path(self.folder.name) / "cursors.sqlite3")
        cursors.crashes = self.delivery.crashes
        cursors.found = self.delivery.find
        return cursors

    def poll(self) -> None:
        with self.cursors.locked(PROFILE, self.trigger.cursor_name()):
            self.delivery.run(self._round(self.cursors))

    async def rival(self) -> None:
        cursors = self._open()
        try:
            with suppress(ConfigurationError), cursors.locked(PROFILE, self.trigger.cursor_name()):
                await self._round(cursors)
        finally:
            cursors.close()

    async def _round(self, cursors: Cursors) -> None:
        delivery = self.delivery

        async def hand_over(event: Event) -> None:
            delivery.take(event.id, event.data)

        runner = self.parts.runner(self.trigger, cursors, profile=PROFILE, handler=hand_over)
        delivery.notes += (await runner.once()).notes

    async def look(self) -> None:
        client = self.connection.client
        source = self.delivery.trigger.source
        query = {client.integration.paging[self._list.paging or ""].size_parameter: source.page_size}
        async for _page in client.pages(self._list, query):
            pass

    @property
    def _list(self) -> Operation:
        return self.connection.integration.operations[self.delivery.trigger.source.operation]

    async def write(self) -> bool | None:
        action = self.connection.actions.get("create_return")
        inputs = WRITES.get(self.connection.integration.vendor.id)
        if action is None or inputs is None:
            return False
        self.written += 1
        try:
            await action(**inputs, order_number=f"#{9000 + self.written}")
        except OutcomeUnknown:
            return None
        return True

    async def restart(self) -> None:
        self.cursors.close()
        await self.connection.client.close()
        self._start()

    def place(self) -> object:
        """Return the cursor, without the number of laps that some strategies count."""
        cursor = self.cursors.load(PROFILE, self.trigger.cursor_name())
        return cursor and {**cursor, "state": {**cursor["state"], "laps": 0}}

    def close(self) -> None:
        self.delivery.run(self.connection.client.close())
        self.cursors.close()
        self.folder.cleanup()
