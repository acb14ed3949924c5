"""Counts the calls that a hub sends to the vendor, and judges them by the plan."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
import sqlalchemy as sa

from connector.hub import budget
from connector.hub.planning import Plan
from support.certificate.adversary import Adversary

DAY = timedelta(days=1)


@dataclass
class Calls(httpx.AsyncBaseTransport):
    """The way to the vendor: counts every request of the hub, and is out of order for the next `outage`.

    `sent` contains the times and numbers of calls of the last day, also of those that something else has
    sent, and `most` is the highest number of calls within a day.
    """

    adversary: Adversary
    clock: Callable[[], datetime]
    outage: int = 0
    sent: list[tuple[datetime, int]] = field(default_factory=list)
    most: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != self.adversary.token_path:
            self.sent.append((self.clock(), 1))
            self.most = max(self.most, self.within_a_day())
        if self.outage:
            self.outage -= 1
            return httpx.Response(503)
        return await self.adversary.handle_async_request(request)

    def within_a_day(self) -> int:
        now = self.clock()
        self.sent = [one for one in self.sent if now - one[0] < DAY]
        return sum(count for _at, count in self.sent)

    def spend_all_but(self, connection: sa.Connection, login: str, plan: Plan, left: int) -> bool:
        """Let something else send calls until only `left` are within the plan; return True if any were."""
        now = self.clock()
        planted = (plan.budget or 0) - left - budget.spent(connection, login, now)
        if planted <= 0:
            return False
        self.sent.append((now, planted))
        return plant(connection, login, planted, now)

    def problems(self, connection: sa.Connection, login: str, plan: Plan) -> list[str]:
        """Return a sentence if calls were not counted, and if more were sent than the plan allows."""
        counted, sent = budget.spent(connection, login, self.clock()), self.within_a_day()
        found = []
        if sent > counted:
            found.append(f"{sent} calls were sent within a day, but only {counted} are counted")
        if plan.budget is not None and self.most > plan.budget:
            found.append(f"{self.most} calls were sent within a day, more than {plan.budget}")
        return found


def plant(connection: sa.Connection, login: str, count: int, now: datetime) -> bool:
    """Count calls of a login that something else has sent now."""
    return budget.count(connection, login, now, None, count)
