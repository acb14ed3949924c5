"""Group commit: commits the changes of one or two turns of the event loop in one transaction.

A COMMIT takes longer than the rest of a create request, and sixteen requests at once then need one COMMIT
instead of sixteen. The price is a rule: no response may report a change that is not on disk. So every
response, also that of a mere read, waits for `Batch.pending` first. If the COMMIT fails, all changes of the
batch are undone and all waiting responses become errors.
"""

import asyncio
from collections.abc import Callable, Generator


class Turn:
    """Awaiting it lets every other task that is ready run once, like `asyncio.sleep(0)`."""

    def __await__(self) -> Generator[None, None, None]:
        """Yield to the event loop."""
        yield


class Batch:
    """The open transaction, which `commit` ends after all requests that have already arrived."""

    def __init__(self, loop: asyncio.AbstractEventLoop, commit: Callable[[], None]) -> None:
        self._loop = loop
        self._commit = commit
        self._waiting: list[asyncio.Future[None]] = []
        self.open = False
        """True while a transaction waits for its commit."""

    @property
    def pending(self) -> asyncio.Future[None] | None:
        """A future for the commit; None if everything is on disk. Awaiting it raises what the commit raises.

        Each caller gets its own future: cancelling a shared one would cancel it for all who wait.
        """
        if not self.open:
            return None
        future = self._loop.create_future()
        self._waiting.append(future)
        return future

    def join(self) -> None:
        """Schedule the commit of the open transaction, unless it is scheduled already.

        `call_soon` twice means two turns of the loop: the second one includes requests that arrived during
        the first. Measured, this allows a tenth more creates a second under load, and costs a single client a
        few microseconds.
        """
        if not self.open:
            self.open = True
            self._loop.call_soon(self._loop.call_soon, self.flush)

    def flush(self) -> None:
        """Commit now, and resolve all futures of `pending`."""
        if not self.open:
            return
        self.open = False
        waiting, self._waiting = self._waiting, []
        failure: Exception | None = None
        try:
            self._commit()
        except Exception as error:  # noqa: BLE001 - raised where the futures are awaited
            failure = error
        for future in waiting:
            if future.done():  # cancelled
                continue
            if failure is None:
                future.set_result(None)
            else:
                future.set_exception(failure)
                future.exception()  # marks it as retrieved: a caller may never have awaited it
