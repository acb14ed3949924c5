"""`Tenant`: a client for one tenant of a running sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from mock_server.testing.faults import Faults
from mock_server.testing.recorded import Requests
from mock_server.testing.records import (
    Act,
    Credentials,
    Delivery,
    DeliveryDetails,
    Key,
    LedgerEvent,
    Resent,
    ShownReturn,
    Switch,
    delivery,
    delivery_details,
    event,
    key,
)
from mock_server.testing.returns import ReturnDetails, ReturnSummary, Upcoming, details, summary, upcoming
from mock_server.testing.snapshots import Snapshot
from mock_server.testing.verification import Verification
from mock_server.testing.webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx

    from mock_server.testing.sandbox import Sandbox

_PAGE = 1_000
_RETURNS_PAGE = 200


class Tenant:
    """A merchant with an account at every vendor; tenants share no data, keys, rate limits or clock."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.name = name
        self.clock = Clock(self)
        self.requests = Requests(sandbox, f"/tenants/{name}")
        self.webhooks = Webhooks(self)
        self.faults = Faults(self)
        self._sandbox = sandbox

    def __repr__(self) -> str:
        """Show the tenant's name."""
        return f"Tenant({self.name!r})"

    def call(
        self,
        method: str,
        path: str = "",
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the control plane; `path` is relative to the tenant's own path. See `Sandbox.call`."""
        return self._sandbox.call(method, f"/tenants/{self.name}{path}", json=json, params=params)

    def credentials(self, vendor: str) -> Credentials:
        """Return the credentials of the tenant's default API key at a vendor.

        Raises `KeyError` if the vendor is unknown.
        """
        return Credentials(**self.call("GET", "/credentials")["vendors"][vendor])

    def client(self, vendor: str) -> httpx.Client:
        """Create an HTTP client that sends the tenant's credentials to a vendor's API; close it after use."""
        import httpx

        found = self.credentials(vendor)
        verify = found.base_url.startswith("https:")
        return httpx.Client(
            base_url=found.base_url,
            headers=dict(found.headers),
            params=dict(found.query),
            trust_env=False,
            verify=verify,
        )

    def keys(self) -> list[Key]:
        """List the tenant's API keys, without their credentials."""
        return [key(row) for row in self.call("GET", "/keys")["keys"]]

    def create_key(
        self, vendor: str, name: str, *, scopes: Sequence[str] | None = None, plan: str | None = None
    ) -> Key:
        """Create an API key, and return it with its credentials.

        By default, the key has all scopes and the vendor's lowest plan. Raises `SandboxError` if the name is
        taken, or if a scope or the plan is unknown.
        """
        body: dict[str, Any] = {"vendor": vendor, "name": name}
        body |= {"scopes": list(scopes)} if scopes is not None else {}
        return key(self.call("POST", "/keys", json=body | ({"plan": plan} if plan else {})))

    def change_key(
        self,
        vendor: str,
        name: str = "default",
        *,
        plan: str | None = None,
        windows: Mapping[str, int] | None = None,
    ) -> Key:
        """Set a key's rate limits to those of `plan`, or to `windows`, such as `{"minute": 60}`.

        Raises `SandboxError` if the key or the plan is unknown.
        """
        body: dict[str, Any] = {"plan": plan} if plan else {"windows": dict(windows or {})}
        return key(self.call("PATCH", f"/keys/{vendor}/{quote(name, safe='')}", json=body))

    def ledger(self, *, kind: str | None = None, vendor: str | None = None) -> list[LedgerEvent]:
        """List the tenant's ledger events, oldest first.

        If `kind` (such as `return.created`) or `vendor` is given, only events with this value are listed.
        """
        rows = self._pages("/ledger", "events", {"kind": kind, "vendor": vendor}, "sequence")
        return [event(row) for row in rows]

    def deliveries(
        self,
        *,
        vendor: str | None = None,
        webhook: str | None = None,
        event: str | None = None,
        return_id: str | None = None,
        state: Literal["waiting", "delivered", "given_up"] | None = None,
    ) -> list[Delivery]:
        """List the tenant's webhook deliveries that match all arguments that are set, oldest first."""
        selected = {"vendor": vendor, "webhook": webhook, "event": event, "return": return_id, "state": state}
        return [delivery(row) for row in self._pages("/deliveries", "deliveries", selected, "id")]

    def delivery(self, id_: int) -> DeliveryDetails:
        """Return a webhook delivery with its payload and its most recent attempts.

        Raises `SandboxError` if the tenant has no such delivery.
        """
        return delivery_details(self.call("GET", f"/deliveries/{id_}"))

    def resend(self, id_: int) -> Delivery:
        """Send a webhook delivery again, with the same ID and payload.

        Raises `SandboxError` if its webhook was deleted or is paused.
        """
        return delivery(self.call("POST", f"/deliveries/{id_}/resend"))

    def resend_all(
        self,
        *,
        vendor: str | None = None,
        webhook: str | None = None,
        event: str | None = None,
        state: Literal["waiting", "delivered", "given_up"] | None = None,
        after: int | None = None,
        until: int | None = None,
    ) -> Resent:
        """Send all matching webhook deliveries again; without `state`, only those that were not delivered.

        `after` and `until` are the IDs of deliveries: only deliveries after `after`, up to and including
        `until`, match.
        """
        options = {
            "vendor": vendor,
            "webhook": webhook,
            "event": event,
            "state": state,
            "after": after,
            "until": until,
        }
        given = {name: value for name, value in options.items() if value is not None}
        answer = self.call("POST", "/deliveries/resend", json=given)
        return Resent(tuple(answer["resent"]), tuple(answer["skipped"]))

    def next(self, *, vendor: str | None = None, limit: int = 20) -> list[Upcoming]:
        """List the upcoming scheduled steps and webhook deliveries, earliest first."""
        return [
            upcoming(row)
            for row in self.call("GET", "/next", params={"vendor": vendor, "limit": limit})["next"]
        ]

    def returns(
        self,
        *,
        vendor: str | None = None,
        status: str | None = None,
        state: str | None = None,
        since: datetime | None = None,
        search: str | None = None,
    ) -> list[ReturnSummary]:
        """List the tenant's returns at all vendors, newest first.

        Each argument that is set restricts the list: `vendor`, `status` (the vendor's status), `state` (the
        neutral state), `since` (the earliest time of creation) and `search` (a text that the return
        contains).
        """
        filters = {"vendor": vendor, "status": status, "state": state, "search": search}
        query = {**filters, "since": since and since.isoformat(), "limit": _RETURNS_PAGE}
        page = self.call("GET", "/returns", params={**query, "page": 1})
        rows = list(page["returns"])
        for number in range(2, page["pages"] + 1):
            rows += self.call("GET", "/returns", params={**query, "page": number})["returns"]
        return [summary(row) for row in rows]

    def get_return(self, vendor: str, id_: str) -> ReturnDetails:
        """Return a return with its items, parcels, allowed moves, next steps and document.

        Raises `SandboxError` if the tenant has no such return.
        """
        return details(self.call("GET", f"/returns/{vendor}/{quote(id_, safe='')}"))

    def create_return(
        self,
        vendor: str,
        *,
        items: Sequence[Mapping[str, Any]],
        order_number: str = "#1001",
        customer_email: str = "iris.lane@example.com",
        **details: Any,
    ) -> ShownReturn:
        """Create a return as a shopper, without using the vendor's API.

        Each item must have the fields `sku`, `quantity` and `reason`. `details` can contain `created_at`,
        `customer_name` and `return_type`. Raises `SandboxError` if a value is invalid.
        """
        body = {
            "vendor": vendor,
            "order_number": order_number,
            "customer_email": customer_email,
            "items": [dict(item) for item in items],
            **details,
        }
        return ShownReturn(**self.call("POST", "/returns", json=body))

    def move(self, vendor: str, id_: str, status: str) -> ShownReturn:
        """Change the status of a return, as a merchant would do in the vendor's dashboard.

        Raises `SandboxError` if the vendor does not allow the change.
        """
        path = f"/returns/{quote(id_, safe='')}/move"
        return ShownReturn(**self.call("POST", path, json={"vendor": vendor, "status": status}))

    def acts(self, vendor: str) -> list[Act]:
        """List the operations that a merchant can perform on the vendor's website; see `act`."""
        return [Act(**row) for row in self.call("GET", f"/vendors/{vendor}/acts")["acts"]]

    def act(self, vendor: str, name: str, **inputs: Any) -> Mapping[str, Any]:
        """Perform an act (see `acts`), and return the document of the record that the act changed."""
        shown = self.call("POST", f"/vendors/{vendor}/acts/{quote(name, safe='')}", json=inputs)
        document: Mapping[str, Any] = shown["document"]
        return document

    def switches(self) -> list[Switch]:
        """List the tenant's switches; if each shop has its own switch, there is one entry per shop."""
        return [Switch(**row) for row in self.call("GET", "/switches")["switches"]]

    def switch(self, vendor: str, name: str, *, on: bool, shop: str | None = None) -> Switch:
        """Turn a switch on or off; `switches` lists the available switches.

        If each shop has its own switch, `shop` must be the name of the shop.
        """
        body = {"vendor": vendor, "name": name, "on": on, **({"shop": shop} if shop else {})}
        return Switch(**self.call("PUT", "/switches", json=body))

    def export_shop(self) -> Mapping[str, Any]:
        """Return the tenant's current products, customers, orders and returns as a shop.

        Pass the shop to `Sandbox.create_tenant` to create another tenant from it.
        """
        shop: Mapping[str, Any] = self.call("GET", "/shop")
        return shop

    def forget(self, email: str) -> Mapping[str, int]:
        """Erase the personal data of the customer with the given e-mail address.

        Returns how many `rows`, `events`, `steps`, `deliveries` and `requests` contained the data. If
        `rewritten` is false, unused pages of the database file can contain it until the sandbox stops.
        """
        erased: Mapping[str, int] = self.call("POST", "/forget", json={"email": email})
        return erased

    def reset(self) -> None:
        """Restore the tenant's seed data, empty its ledger and restart its clock; its keys are kept."""
        self.call("POST", "/reset")

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Take a snapshot of the tenant; the default names are `snapshot-1`, `snapshot-2` and so on.

        Raises `SandboxError` if the tenant has a snapshot with this name.
        """
        body = {} if name is None else {"name": name}
        return Snapshot.read(self, self.call("POST", "/snapshots", json=body))

    def snapshots(self) -> list[Snapshot]:
        """List the tenant's snapshots, oldest first by the tenant's clock."""
        return [Snapshot.read(self, row) for row in self.call("GET", "/snapshots")["snapshots"]]

    def clone(self, name: str) -> Tenant:
        """Create a tenant with a copy of this tenant's data and clock, but with new keys.

        Raises `SandboxError` if the name is taken or not valid.
        """
        self.call("POST", "/clone", json={"name": name})
        return Tenant(self._sandbox, name)

    def dump(self) -> dict[str, Any]:
        """Export the tenant as a JSON document, which `Sandbox.load` imports.

        The document contains no keys, tokens, webhooks, deliveries or faults.
        """
        document: dict[str, Any] = self.call("GET", "/export")
        return document

    def verify(self) -> Verification:
        """Rebuild statuses, counters and reports from the ledger, and compare them with the stored data."""
        return Verification.read(self.call("GET", "/verify"))

    def delete(self) -> None:
        """Delete the tenant and all its data."""
        self.call("DELETE")

    def _pages(
        self, path: str, member: str, params: Mapping[str, Any], key: Literal["sequence", "id"]
    ) -> Iterator[Mapping[str, Any]]:
        after = 0
        while True:
            page = self.call("GET", path, params={**params, "after": after, "limit": _PAGE})[member]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1][key]


class Clock:
    """A tenant's clock; it can be moved forward, but not back."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def now(self) -> datetime:
        """Return the clock's current time, in whole seconds."""
        return datetime.fromisoformat(self._tenant.call("GET", "/clock")["now"])

    def advance(
        self,
        by: str | int | timedelta | None = None,
        *,
        to: datetime | str | None = None,
        until: str | datetime | Mapping[str, Any] | None = None,
    ) -> datetime:
        """Move the clock forward by the duration `by` or to the time `to`; return the new time.

        `by` is a string such as `"3d"` or `"1d12h"`, a number of seconds or a `timedelta`. Scheduled steps
        that become due are run, and webhooks that become due are sent, in the order of their due times.

        `until` is `"next"` (the next step or webhook), a time, a sentence such as `"return rma_abc123 is
        received"`, or an object with `return`, `status` and optionally `vendor` and `within_days` (default:
        90). The status is the vendor's status or a neutral state.

        Raises `ValueError` if a string is not valid. Raises `SandboxError`, and does not move the clock, if
        the time is in the past or if what `until` describes never happens.
        """
        from mock_server.cli.durations import seconds
        from mock_server.cli.until import until as parse_until

        if isinstance(until, str):
            body = parse_until(until)
        elif until is not None:
            body = {"to": until.isoformat()} if isinstance(until, datetime) else {"until": dict(until)}
        elif to is not None:
            body = {"to": to.isoformat() if isinstance(to, datetime) else to}
        elif isinstance(by, timedelta):
            body = {"seconds": int(by.total_seconds())}
        else:
            body = {"seconds": seconds(by) if isinstance(by, str) else by or 0}
        moved = self._tenant.call("POST", "/clock/advance", json=body)
        return datetime.fromisoformat(moved["clock"]["now"])

    def advance_to_next(self) -> datetime:
        """Move the clock to the next scheduled step or webhook, and return the new time.

        Raises `SandboxError` if nothing is scheduled.
        """
        return self.advance(until="next")

    def freeze(self) -> None:
        """Stop the clock."""
        self._tenant.call("POST", "/clock/freeze")

    def unfreeze(self) -> None:
        """Start the clock again, from the time at which it was stopped."""
        self._tenant.call("POST", "/clock/unfreeze")
