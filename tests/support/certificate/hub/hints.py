"""Posts webhooks of the vendor to a hub: genuine, doubled and forged ones, and storms of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import sqlalchemy as sa

from connector.hub import budget
from connector.hub.hub import Hub
from connector.hub.planning import Plan
from support.certificate.delivery import Delivery
from support.certificate.hub.calls import plant
from support.vendor_posts import SECRET, message

HUB = "http://hub.example.com"
DOUBLED, WRONG_ADDRESS, WRONG_BODY = 1, 2, 3
SMALL_SHOP = 2
"""With more records, a poll reads several pages, and the list is polled again at once."""


@dataclass
class Hints:
    """The webhooks about one shop; `url` is the address of its connection, or "" if it takes none."""

    delivery: Delivery
    url: str

    async def post(self, hub: Hub, number: int) -> str:
        """Post a webhook about the newest return; return a sentence if the answer is not the expected one."""
        deleted = {*self.delivery.shop.deleted}
        left = [one for one in self.delivery.merchant.returns() if one not in deleted]
        if not self.url or not left:
            return ""
        secret = SECRET[::-1] if number == WRONG_BODY else SECRET
        headers, body = message(self.delivery.merchant, left[-1], secret)
        url = f"{self.url[:-3]}xyz" if number == WRONG_ADDRESS else self.url
        for _ in range(2 if number == DOUBLED else 1):
            status = await self._post(hub, url, headers, body)
        signs = self.delivery.offer.webhooks is not None and not self.delivery.offer.webhooks.unsigned
        expected = {WRONG_ADDRESS: 404, WRONG_BODY: 401 if signs else 202}.get(number, 202)
        if status in {expected, 429}:
            return ""
        return f"a webhook of kind {number} was answered {status}, not {expected}"

    async def _post(self, hub: Hub, url: str, headers: Mapping[str, str], body: bytes) -> int:
        transport = httpx.ASGITransport(hub._receiver)
        async with httpx.AsyncClient(transport=transport, base_url=HUB) as client:
            return (await client.post(url, headers=dict(headers), content=body)).status_code

    def can_storm(self, plan: Plan) -> bool:
        small = len(self.delivery.ledger.histories) <= SMALL_SHOP
        return bool(plan.hints and self.url and small)

    def leave(self, connection: sa.Connection, login: str, plan: Plan, left: int) -> None:
        """Spend the calls that the plan keeps for webhooks, but for `left` of them."""
        hinted, now = f"hints {login}", self.delivery.merchant.now()
        used = (plan.hints or 0) - left - budget.spent(connection, hinted, now)
        if used > 0:
            plant(connection, hinted, used, now)
