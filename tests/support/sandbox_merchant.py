"""What shoppers, staff and time do to returns at one merchant of the running sandbox, outside the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from support.sandbox import Sandbox


class SandboxMerchant:
    """One tenant at one vendor: create returns as a shopper, move them as staff, advance the clock."""

    sandbox: Sandbox
    tenant: str
    vendor: str

    def create_return(self, order_number: str = "#1001", **options: Any) -> dict[str, Any]:
        """Create a return as a shopper."""
        body = {
            "vendor": self.vendor,
            "order_number": order_number,
            "customer_email": "iris.lane@example.com",
            "items": [{"sku": "TEE-NVY-M", "quantity": 1, "reason": "wrong_size"}],
        }
        return self._post("returns", {**body, **options})

    def move(self, return_id: str, *statuses: str) -> dict[str, Any]:
        """Move a return through some statuses as staff; return its document."""
        known: dict[str, Any] = {}
        for status in statuses:
            known = self._post(f"returns/{return_id}/move", {"vendor": self.vendor, "status": status})
        return known

    def happens(self, act: str, **requested: Any) -> Any:
        """Do something that happens outside the API, such as a carrier's report."""
        path = f"/tenants/{self.tenant}/vendors/{self.vendor}/acts/{act}"
        answer = self.sandbox.control.post(path, json=requested)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def advance(self, seconds: int) -> None:
        """Advance the merchant's clock; carriers scan what falls due."""
        answer = self.sandbox.control.post(f"/tenants/{self.tenant}/clock/advance", json={"seconds": seconds})
        assert answer.status_code == 200, answer.text

    def now(self) -> datetime:
        """Return the time on the merchant's clock."""
        answer = self.sandbox.control.get(f"/tenants/{self.tenant}/clock")
        return datetime.fromisoformat(answer.json()["now"])

    def api(self, method: str, path: str, **what: Any) -> Any:
        """Return the answer of the vendor's API, with the merchant's own login."""
        login = self.sandbox.credentials(self.vendor, self.tenant)
        query = {**login["query"], **what.pop("params", {})}
        answer = self.sandbox.control.request(
            method, login["base_url"] + path, params=query, headers=login["headers"], **what
        )
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.sandbox.control.post(f"/tenants/{self.tenant}/{path}", json=body)
        assert answer.status_code in (200, 201), answer.text
        document: dict[str, Any] = answer.json()["document"]
        return document
