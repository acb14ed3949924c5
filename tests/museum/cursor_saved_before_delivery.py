"""The cursor is saved before the events are handed over, and the events are not, so a crash loses them."""

from datetime import date, datetime

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.runner import Runner, RunResult


class CommitsFirst(Runner):
    async def once(self, *, since: datetime | date | None = None, limit: int | None = None) -> RunResult:
        cursor = self._cursors.load(self._profile, self._name)
        polled = await self._trigger.poll(cursor, since=since)
        self._cursors.advance(self._profile, self._name, polled.cursor, ())
        for event in polled.events[:limit]:
            await self._handler(event)
        return RunResult(cursor is None, len(polled.events), all_handed_over=True, notes=polled.notes)


EXHIBIT = Exhibit(
    cited=("algorandfoundation/algokit-subscriber-ts#60",),
    vendor="returngo",
    trigger="return_status_changed",
    caught_by="nothing_lost",
    polling=Python(runner=CommitsFirst),
)
