"""A call is counted after its answer has arrived, so a crash in between forgets calls that were sent."""

import asyncio
from typing import Any

import pytest
from support.certificate.exhibits import Exhibit
from support.certificate.hub.hubs import Hubs

from connector.hub import vendors
from connector.hub.budget import Budget, count
from connector.transport.deadline import Deadline


class CountsAfterwards(Budget):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        learn = self._pace.learn

        def learn_and_count(*what: Any) -> None:
            learn(*what)
            counting = self._store.run(count, self._login, self._clock(), self._most)
            self._counting = asyncio.ensure_future(counting)

        self.learn = learn_and_count  # type: ignore[assignment]

    async def admit(self, operation: str, deadline: Deadline | None = None) -> None:
        await self._pace.admit(operation, deadline)


def patch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vendors, "Budget", CountsAfterwards)


EXHIBIT = Exhibit(
    cited=("rogerSuperBuilderAlpha/cursor-boston#129", "SandeepVashishtha/Eventra#18544"),
    vendor="returngo",
    trigger="new_return",
    caught_by="calls_within_the_budget",
    polling=Hubs(),
    sound=Hubs(),
    patch=patch,
)
