"""An event is marked as delivered before its handler runs, so a crash in between loses it."""

from support.certificate.exhibits import Exhibit
from support.certificate.python import Python

from connector.runtime.polling import Event
from connector.runtime.runner import Runner


class MarksFirst(Runner):
    async def _deliver(self, state: object, place: int, record: str, event: Event) -> None:
        del state, record
        self._cursors.settle(place)
        await self._handler(event)


EXHIBIT = Exhibit(
    cited=("superset-sh/superset#6586", "NousResearch/hermes-agent#55876"),
    vendor="swap",
    trigger="return_completed",
    caught_by="nothing_lost",
    polling=Python(runner=MarksFirst),
)
