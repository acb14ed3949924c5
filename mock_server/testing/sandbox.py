"""A synchronous client of a running sandbox's control plane (`openapi/sandbox.yaml`)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import orjson

from mock_server.testing.recorded import Requests
from mock_server.testing.tenant import Tenant
from mock_server.wording import explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    import httpx

_SECONDS = 60.0  # an advance may have to wait 20 seconds for receivers of webhooks


class SandboxError(Exception):
    """Raised if the control plane rejects a request; `status` is the HTTP status code.

    The message is a complete sentence that can be shown to the user.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Sandbox:
    """A client of the running sandbox at `url`.

    `token` is the control token; a sandbox requires it unless it listens on a loopback address.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        import httpx

        self.url = url.rstrip("/")
        self.requests = Requests(self)
        """The requests whose tenant is unknown, for example because their key is wrong."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # No proxy: the sandbox is on this machine or in its network, and loading certificates takes 0.1 s.
        self._http = httpx.Client(
            base_url=f"{self.url}/__sandbox",
            headers=headers,
            timeout=_SECONDS,
            trust_env=False,
            verify=self.url.startswith("https:"),
        )

    def __enter__(self) -> Self:
        """Return the client; its connections are closed when the `with` block ends."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections; the sandbox keeps running."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the control plane; return the response's JSON, or None if the response has no body.

        Raises `SandboxError` if the request is rejected, or `httpx.HTTPError` if the sandbox cannot be
        reached.
        """
        query = {name: value for name, value in (params or {}).items() if value is not None}
        response = self._http.request(method, path, json=json, params=query)
        if response.is_success:
            return response.json() if response.content else None
        raise SandboxError(_message(response), response.status_code)

    def events(self, path: str, *, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """Yield the JSON of each server-sent event of the control plane, until the sandbox stops.

        Raises the same errors as `call`.
        """
        import httpx

        query = {name: value for name, value in (params or {}).items() if value is not None}
        timeout = httpx.Timeout(_SECONDS, read=None)
        with self._http.stream("GET", path, params=query, timeout=timeout) as response:
            if not response.is_success:
                response.read()
                raise SandboxError(_message(response), response.status_code)
            for line in response.iter_lines():
                if line.startswith("data: "):
                    yield orjson.loads(line.removeprefix("data: "))

    def health(self) -> Mapping[str, Any]:
        """Return the sandbox's version, its vendors and its current problems."""
        found: Mapping[str, Any] = self.call("GET", "/health")
        return found

    def fault_kinds(self) -> Mapping[str, Any]:
        """Return the kinds of faults (`kinds`) and the named scenarios (`scenarios`)."""
        found: Mapping[str, Any] = self.call("GET", "/faults")
        return found

    def tenants(self) -> list[Tenant]:
        """List all tenants."""
        return [Tenant(self, row["name"]) for row in self.call("GET", "/tenants")["tenants"]]

    def tenant(self, name: str) -> Tenant:
        """Return an existing tenant; raise `SandboxError` if no tenant has this name."""
        self.call("GET", f"/tenants/{name}")
        return Tenant(self, name)

    def create_tenant(
        self,
        name: str,
        *,
        seed: int | None = None,
        seed_size: int | None = None,
        plan: str | None = None,
        limits: Literal["on", "off", "auto"] | None = None,
        first_moment: datetime | str | None = None,
        frozen: bool | None = None,
        shop: Mapping[str, Any] | Path | str | None = None,
    ) -> Tenant:
        """Create a tenant with `seed_size` returns at each vendor, generated from `seed`.

        The tenant's clock starts at `first_moment` (default: now). If `frozen` is True, it does not move on
        its own. `limits` determines whether the rate limits of `plan` are enforced; by default, they are
        enforced unless the clock is frozen. `shop` is a shop as a mapping, or the path of its YAML file; the
        tenant then has this shop's products, customers, orders and returns instead of generated ones. Raises
        `SandboxError` if the name is taken or an option is invalid. Raises `ValueError`, which lists the
        errors with their lines, if the shop's file is invalid.
        """
        start = first_moment.isoformat() if isinstance(first_moment, datetime) else first_moment
        options = {
            "name": name,
            "seed": seed,
            "seed_size": seed_size,
            "plan": plan,
            "limits": limits,
            "first_moment": start,
            "frozen": frozen,
            "shop": _shop(shop),
        }
        given = {option: value for option, value in options.items() if value is not None}
        self.call("POST", "/tenants", json=given)
        return Tenant(self, name)

    def load(self, document: Mapping[str, Any], name: str | None = None) -> Tenant:
        """Create a tenant from a document that `Tenant.dump` returned; it can come from another sandbox.

        `name` replaces the name in the document. Raises `SandboxError` if the name is taken or the document
        is invalid; the message describes the error and its position.
        """
        created = self.call("POST", "/import", json=document, params={"name": name})
        return Tenant(self, created["name"])


def _shop(shop: Mapping[str, Any] | Path | str | None) -> Mapping[str, Any] | None:
    """Return a shop's fields, reading them from its file if `shop` is a path."""
    if not isinstance(shop, Path | str):
        return shop
    # Imported here because checking a shop loads the vendors, which most tests never need.
    from mock_server.shop.document import read_content

    return read_content(Path(shop))


def _message(response: httpx.Response) -> str:
    try:
        return explained(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return f"The sandbox at {response.url.host} responded with status {response.status_code}."
