"""What the environment says about logins: `RETURNS_<VENDOR>_<FIELD>` and `RETURNS_<VENDOR>_BASE_URL`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.naming import did_you_mean, trimmed
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import httpx

    from connector.definition.model import Integration

PREFIX = "RETURNS_"
SANDBOX_URL, CONTROL_TOKEN = "RETURNS_SANDBOX_URL", "RETURNS_CONTROL_TOKEN"
USUAL = ("api_key", "client_id", "client_secret", "base_url")
"""Fields by which a variable is taken for a login, whatever vendor it names."""


def variable(vendor: str, field: str) -> str:
    """Return the name of the variable that holds a login field, or the base URL."""
    return f"{PREFIX}{vendor}_{field}".upper()


def placed(text: str, name: str) -> httpx.URL:
    """Return an address that a variable or an option holds; a `ConfigurationError` begins with its name."""
    from connector.transport.addresses import parse_base_url

    try:
        return parse_base_url(trimmed(text))
    except ConfigurationError as problem:
        raise ConfigurationError(f"{name}: {problem.message}") from problem


class Variables:
    """The environment of one user: os.environ or a stand-in. A variable that is empty is not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __getitem__(self, name: str) -> str:
        """Return a variable without the blanks around it; "" when it is not set."""
        return trimmed(self._environment.get(name, ""))

    def given(self, vendor: str, field: str) -> str | None:
        """Return what is set for a login field of a vendor, or for its base URL."""
        return self[variable(vendor, field)] or None

    def not_understood(self, used: Integration, vendors: Collection[str]) -> Iterator[str]:
        """Say, in a sentence each, which variables look like a login of this vendor but are not read."""
        known = [variable(used.vendor.id, one.key) for one in used.authentication.all_fields]
        known.append(variable(used.vendor.id, "base_url"))
        for name in sorted(one for one in self._environment if self[one]):
            upper = name.upper()
            if not upper.startswith(PREFIX) or name in known:
                continue
            if upper in known:
                yield f"{name} is set but not read; write it in capitals: {upper}."
            elif upper.startswith(variable(used.vendor.id, "")):
                guess = did_you_mean(upper, known) or "."
                yield f"{name} is set but not read: {used.vendor.title} has no such login field{guess}"
            elif not any(upper.startswith(variable(one, "")) for one in vendors):
                yield from self._of_no_vendor(name, vendors)

    def _of_no_vendor(self, name: str, vendors: Collection[str]) -> Iterator[str]:
        rest = name.upper().removeprefix(PREFIX)
        field = next((one for one in USUAL if f"_{rest}".endswith(f"_{one}".upper())), None)
        if field is not None:
            vendor = rest[: -len(field)].rstrip("_").lower()
            why = f"there is no vendor {vendor!r}" if vendor else "it names no vendor"
            guess = did_you_mean(vendor, vendors) or "; `returns catalog` lists the vendors."
            yield f"{name} is set but not read: {why}{guess}"
        elif name not in {SANDBOX_URL, CONTROL_TOKEN}:
            ours = [one.removeprefix(PREFIX) for one in (SANDBOX_URL, CONTROL_TOKEN)]
            guess = did_you_mean(rest, ours).replace("mean ", f"mean {PREFIX}")
            if guess:
                yield f"{name} is set but not read{guess}"
