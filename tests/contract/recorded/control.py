"""Requests to the control plane: what a shopper, a merchant and time do to the returns of a tenant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from contract.recorded.draws import Draws, Values
from contract.sandbox.documents import document
from contract.sandbox.ids import KINDS, ids
from contract.sandbox.served import ACME, Served

import openapi
from mock_server import vendors
from mock_server.acts import acts_of

CUSTOMERS = ("iris.lane@example.com", "Noah.Reed@example.org")
FORGOTTEN = "kim.forgotten@example.net"
"""A customer who is erased from time to time."""
ORDERS = ("#9001", "#9002", "#9003")
SKUS = ("TEE-NVY-M", "BOOT-CHE-39", "KET-RST")
REASONS = ("wrong_size", "damaged", "changed_mind")
WEIGHTS = {
    "create_tenant_return": 10, "move_return": 14, "run_act": 4, "turn_switch": 2, "create_webhook": 3,
    "change_webhook": 1, "resend_deliveries": 1, "list_returns": 3, "get_return": 4, "list_next": 2,
    "list_deliveries": 3, "list_ledger_events": 1, "export_shop": 1, "list_webhooks": 1, "send_test_event": 2,
    "list_webhook_events": 1, "list_acts": 1, "list_switches": 1, "verify_tenant": 1, "forget_customer": 1,
}  # fmt: skip
"""How often each operation of the control plane is drawn, compared with the others."""


@dataclass(frozen=True)
class Merchant:
    """The tenant's merchant and shoppers at one vendor."""

    api: Served

    @property
    def vendor(self) -> Any:
        """The vendor's rooms in the sandbox."""
        return vendors.load(self.api.vendor, self.api.app.world)

    @property
    def facts(self) -> Any:
        """The module with the vendor's constants."""
        return import_module(f"mock_server.vendors.{self.api.vendor}.facts")

    @property
    def shops(self) -> list[str]:
        """The shops of the account; [] if it has one shop only."""
        return list(getattr(self.facts, "SHOPS", ()))

    def path(self, draws: Draws) -> dict[str, str]:
        """Draw a value for each path parameter of the control plane."""
        return {
            "id": self.record("return", draws) or "unknown",
            "vendor": self.api.vendor,
            "act": draws.one([*acts_of(self.vendor)] or ["none"]),
            "webhook": f"wh_{self.api.vendor}_1",
        }

    def record(self, kind: str, draws: Draws) -> str:
        """Draw the ID of a record, mostly one whose status can change; "" if there is none."""
        found = ids(self.api, ACME, kind)
        table = self.api.document.raw["x-transitions"].get(kind, {})
        rows = self.api.app.world.store.rows(ACME, self.api.vendor, kind) if table else ()
        open_ = [row.id for row in rows if table.get(row.status)]
        if open_ and draws.happens(70):
            return draws.one([*open_[:3], *open_[-3:]])
        return draws.one(found[-5:] or [""])

    def words(self, times: Sequence[str]) -> dict[str, Sequence[Any]]:
        """Return the values of query parameters that fit the vendor; `times` are those of its records."""
        format_ = vendors.webhooks_of(self.api.vendor)
        return {
            "vendor": [self.api.vendor],
            "status": list(self.facts.LIFECYCLE.states),
            "since": times,
            "event": [one.name for one in format_.kinds][:4] if format_ else [],
            "search": [*ORDERS, *CUSTOMERS],
            "return": ids(self.api, ACME, "return")[-3:],
            "webhook": [f"wh_{self.api.vendor}_1"],
        }

    def body(
        self, operation: str, path: Mapping[str, str], draws: Draws, known: Mapping[str, Sequence[Any]]
    ) -> Any:
        """Draw a body for an operation; None if it has no body."""
        made: dict[str, Callable[[], Any]] = {
            "create_tenant_return": lambda: self._return(draws),
            "move_return": lambda: {
                "vendor": self.api.vendor,
                "status": draws.one([*self.facts.LIFECYCLE.states]),
            },
            "run_act": lambda: self._act(path["act"], draws, known),
            "turn_switch": lambda: self._switch(draws),
            "create_webhook": lambda: self._webhook(draws),
            "change_webhook": lambda: {"active": draws.happens(50)},
            "resend_deliveries": lambda: {"vendor": self.api.vendor},
            "send_test_event": lambda: self._test_event(draws),
            "forget_customer": lambda: {"email": FORGOTTEN},
        }
        return made[operation]() if operation in made else None

    def _return(self, draws: Draws) -> dict[str, Any]:
        items = [
            {"sku": draws.one(SKUS), "quantity": 1 + draws.below(3), "reason": draws.one(REASONS)}
            for _ in range(1 + draws.below(2))
        ]
        return {
            "vendor": self.api.vendor,
            "order_number": draws.one(ORDERS),
            "customer_email": draws.one((*CUSTOMERS, FORGOTTEN)),
            "return_type": draws.one(("refund", "exchange", "store_credit")),
            "items": items,
        }

    def _act(self, name: str, draws: Draws, known: Mapping[str, Sequence[Any]]) -> Any:
        """Draw the input of an act; a field that ends with `_id` gets the ID of such a record."""
        act = acts_of(self.vendor).get(name)
        own = {f"{kind}_id": ids(self.api, ACME, kind)[-4:] for kind in KINDS.values() if kind}
        values = Values(document(openapi.CONTROL_PLANE), draws, {**known, **own})
        return values.new(act.schema) if act else {}

    def _switch(self, draws: Draws) -> dict[str, Any]:
        switches = self.vendor.switches
        closes = any(one.closes for one in switches)  # while the API is closed, nothing else happens
        name = draws.one([one.name for one in switches] or ["none"])
        made = {"vendor": self.api.vendor, "name": name, "on": draws.happens(10 if closes else 60)}
        return {**made, "shop": draws.one(self.shops)} if self.shops else made

    def _test_event(self, draws: Draws) -> dict[str, Any]:
        format_ = vendors.webhooks_of(self.api.vendor)
        return {"event": draws.one([one.name for one in format_.kinds])} if format_ else {}

    def _webhook(self, draws: Draws) -> dict[str, Any]:
        """Draw a webhook with conditions, as the vendor's document describes them."""
        hooks = self.api.document.raw.get("x-webhooks", {}).values()
        described = [one["post"]["x-conditions"] for one in hooks if "x-conditions" in one["post"]]
        values = Values(self.api.document, draws, {}, added=60)
        return {
            "vendor": self.api.vendor,
            "url": f"https://{draws.one(('one', 'two'))}.example.com/in",
            "conditions": values.new(described[0]) if described else {},
        }
