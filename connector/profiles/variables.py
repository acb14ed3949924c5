"""Reads login fields and base URLs from environment variables such as `RETURNS_<VENDOR>_<FIELD>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.definition.spelling import did_you_mean, trimmed
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import httpx

    from connector.definition.model import Integration

PREFIX = "RETURNS_"
SANDBOX_URL, CONTROL_TOKEN = "RETURNS_SANDBOX_URL", "RETURNS_CONTROL_TOKEN"
LOGIN_FIELDS = ("api_key", "client_id", "client_secret", "base_url")
"""Variables that end in one of these fields are recognized even if the vendor's name is misspelled.

For example, `RETURNS_RETURMATE_API_KEY` ends in `API_KEY`.
"""


def variable(vendor: str, field: str) -> str:
    """Return the name of the environment variable for a login field, or for "base_url"."""
    return f"{PREFIX}{vendor}_{field}".upper()


def parse_url(text: str, source: str) -> httpx.URL:
    """Parse a base URL from an environment variable or option.

    Raises `ConfigurationError` if the URL is invalid; the message begins with `source`, the name of the
    variable or option.
    """
    from connector.transport.addresses import parse_base_url

    try:
        return parse_base_url(trimmed(text))
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error.message}") from error


class Variables:
    """Looks up the user's environment variables; an empty variable is treated as not set."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __getitem__(self, name: str) -> str:
        """Return the value of a variable without surrounding white space, or "" if it is not set."""
        return trimmed(self._environment.get(name, ""))

    def get(self, vendor: str, field: str) -> str | None:
        """Return the value of a login field's variable, or None if the variable is not set.

        `field` is the key of a login field, or "base_url".
        """
        return self[variable(vendor, field)] or None

    def ignored(self, integration: Integration, vendors: Collection[str]) -> Iterator[str]:
        """Yield a message for each variable that looks like a login field or setting but is not read.

        A variable is not read if its name is not in capitals, or if it names an unknown vendor, login field
        or setting.
        """
        known = [
            variable(integration.vendor.id, field.key) for field in integration.authentication.all_fields
        ]
        known.append(variable(integration.vendor.id, "base_url"))
        for name in sorted(name for name in self._environment if self[name]):
            upper = name.upper()
            if not upper.startswith(PREFIX) or name in known:
                continue
            if upper in known:
                yield f"{name} is set but not read; write it in capitals: {upper}."
            elif upper.startswith(variable(integration.vendor.id, "")):
                guess = did_you_mean(upper, known) or "."
                yield f"{name} is set but not read: {integration.vendor.title} has no such login field{guess}"
            elif not any(upper.startswith(variable(vendor, "")) for vendor in vendors):
                yield from self._without_vendor(name, vendors)

    def _without_vendor(self, name: str, vendors: Collection[str]) -> Iterator[str]:
        rest = name.upper().removeprefix(PREFIX)
        field = next((field for field in LOGIN_FIELDS if f"_{rest}".endswith(f"_{field}".upper())), None)
        if field is not None:
            vendor = rest[: -len(field)].rstrip("_").lower()
            reason = f"there is no vendor {vendor!r}" if vendor else "it names no vendor"
            guess = did_you_mean(vendor, vendors) or "; `returns catalog` lists the vendors."
            yield f"{name} is set but not read: {reason}{guess}"
        elif name not in {SANDBOX_URL, CONTROL_TOKEN}:
            settings = [setting.removeprefix(PREFIX) for setting in (SANDBOX_URL, CONTROL_TOKEN)]
            guess = did_you_mean(rest, settings).replace("mean ", f"mean {PREFIX}")
            if guess:
                yield f"{name} is set but not read{guess}"
