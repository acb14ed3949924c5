"""Connections by name: a file of the user, the environment, and the built-in `sandbox`.

Which one is used when none is named: the environment (`RETURNS_<VENDOR>_<FIELD>`,
`RETURNS_<VENDOR>_BASE_URL`) if it has all required fields, else the file's `default`, else its only one,
else `sandbox`, which asks a running sandbox for the credentials of its tenant `demo`.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connector.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    NotFound,
    VendorUnavailable,
)
from connector.words import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import httpx

    from connector.model import Integration

SANDBOX = "sandbox"
DEFAULT = "default"
SANDBOX_URL = "http://127.0.0.1:4010"
UNAUTHORIZED = 401
NAME = re.compile(r"^[A-Za-z0-9_-]+$")


@dataclass(frozen=True, slots=True)
class Profile:
    """One way to connect to one vendor; `fields` hold secrets and are left out of its representation."""

    name: str
    base_url: str | None
    fields: Mapping[str, str] = field(repr=False)

    def key(self, integration: Integration) -> str:
        """Return what cursors are kept under: the same name at another place, or shop, is another connection.

        A key that is changed for a new one is none, so secrets are left out.
        """
        login = integration.authentication
        known = {*login.sends.values(), *login.headers.values()}.difference(login.secrets)
        shop = [f"{name}={self.fields[name]}" for name in sorted(known) if self.fields.get(name)]
        return " ".join([f"{self.name}@{self.base_url or 'production'}", *shop])

    def renewed(self, integration: Integration, refresh_token: str) -> Profile:
        """Return the profile with a refresh token in place of what was good once, where one can be typed."""
        tokens = integration.authentication.tokens
        key = tokens and tokens.refresh_field
        if not tokens or not tokens.refresh or not key:
            return self
        once = {one for grant in tokens.grants if grant.once for one in grant.fills.values()}
        spent = once - set(tokens.refresh.fills.values())
        fields = {name: value for name, value in self.fields.items() if name not in spent}
        return Profile(self.name, self.base_url, {**fields, key: refresh_token})


class Profiles:
    """The profiles of one user. `environment` is os.environ or a stand-in, `path` the TOML file."""

    def __init__(
        self, path: Path, environment: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.path = path
        self._environment = environment
        self._transport = transport

    async def choose(self, integration: Integration, name: str | None = None) -> Profile:
        """Return the profile called `name`, or the one to use when none is named.

        Raises `ConfigurationError` for an unknown or incomplete one, and `VendorUnavailable` without a
        sandbox.
        """
        vendor = integration.vendor.id
        kept = self.kept(vendor)
        if name is not None:
            if name in kept:
                return kept[name]
            if name == SANDBOX:
                return await self._sandbox(integration)
            known = [*kept, SANDBOX]
            guess = did_you_mean(name, known) or f"; there is {listed(known)}."
            raise ConfigurationError(f"{integration.vendor.title} has no profile {name!r}{guess}")
        if (found := self._from_environment(integration)) is not None:
            return found
        if DEFAULT in kept:
            return self._placed(vendor, kept[DEFAULT])
        if len(kept) > 1:
            raise ConfigurationError(
                f"{integration.vendor.title} has the profiles {listed(kept)}; say which with --profile."
            )
        return self._placed(vendor, next(iter(kept.values()))) if kept else await self._sandbox(integration)

    async def every(
        self, integrations: Sequence[Integration], name: str | None = None
    ) -> list[tuple[Integration, Profile]]:
        """Return all profiles of these vendors, or those called `name`; without any, the sandbox's.

        A login that is in the environment and in the file is one profile. Raises `ConfigurationError` when
        no vendor has a profile called so, and `VendorUnavailable` without a sandbox.
        """
        found = [(one, profile) for one in integrations for profile in self._set_up(one)]
        if name is not None:
            known = sorted({profile.name for _one, profile in found})
            found = [(one, profile) for one, profile in found if profile.name == name]
            if not found and name != SANDBOX:
                guess = did_you_mean(name, [*known, SANDBOX]) or f"; there is {listed([*known, SANDBOX])}."
                raise ConfigurationError(f"No vendor has a profile {name!r}{guess}")
        return found or await self._sandboxes(integrations)

    def _set_up(self, integration: Integration) -> list[Profile]:
        kept = list(self.kept(integration.vendor.id).values())
        given = self._from_environment(integration)
        if given is None or any((one.base_url, one.fields) == (given.base_url, given.fields) for one in kept):
            return kept
        return [given, *kept]

    async def _sandboxes(self, integrations: Sequence[Integration]) -> list[tuple[Integration, Profile]]:
        found = []
        for one in integrations:
            try:
                found.append((one, await self._sandbox(one, alone=len(integrations) == 1)))
            except NotFound:  # it may serve fewer vendors than there are
                continue
        return found

    def kept(self, vendor: str) -> dict[str, Profile]:
        """Return the profiles of a vendor in the file."""
        found = self._read().get(vendor, {})
        profiles = {}
        for name, values in found.items() if isinstance(found, dict) else ():
            if not isinstance(values, dict) or not all(isinstance(one, str) for one in values.values()):
                raise ConfigurationError(f"Profile {vendor}.{name} in {self.path} must hold texts only.")
            fields = {key: value for key, value in values.items() if key != "base_url"}
            profiles[name] = Profile(name=name, base_url=values.get("base_url"), fields=fields)
        return profiles

    def keep(self, vendor: str, profile: Profile) -> None:
        """Write a profile to the file, which only its owner can read."""
        check_name(profile.name)
        everything = self._read()
        values = {**({"base_url": profile.base_url} if profile.base_url else {}), **profile.fields}
        everything.setdefault(vendor, {})[profile.name] = values
        lines = []
        for one, names in everything.items():
            for name, entries in names.items():
                lines.append(f"[{one}.{name}]")
                lines.extend(
                    f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()
                )
                lines.append("")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(
            os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write("\n".join(lines))
        beside.replace(self.path)

    def renew(self, integration: Integration, profile: Profile, refresh_token: str) -> None:
        """Keep a new refresh token in a profile of the file, since the old one may be good no more."""
        vendor = integration.vendor.id
        held = self.kept(vendor).get(profile.name)
        made = profile.renewed(integration, refresh_token)
        if made is profile or held is None:
            return
        if held.renewed(integration, refresh_token) == made:  # the same login at the same place
            self.keep(vendor, made)

    def newest(self, integration: Integration, profile: Profile) -> str:
        """Return the refresh token that the file now holds for the login of a profile; "" for none."""
        tokens = integration.authentication.tokens
        key = tokens.refresh_field if tokens else None
        held = self.kept(integration.vendor.id).get(profile.name)
        if key is None or held is None:
            return ""
        same = held.renewed(integration, "") == profile.renewed(integration, "")
        return held.fields.get(key, "") if same else ""

    def given(self, vendor: str, name: str) -> str | None:
        """Return what the environment says for a login field."""
        return self._environment.get(f"RETURNS_{vendor}_{name}".upper()) or None

    def _read(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            raise ConfigurationError(
                f"The file of profiles {self.path} cannot be read: {problem}."
            ) from problem

    def _from_environment(self, integration: Integration) -> Profile | None:
        vendor = integration.vendor.id
        login = integration.authentication
        fields = {one.key: value for one in login.typed if (value := self.given(vendor, one.key))}
        base_url = self.given(vendor, "base_url")
        first = login.missing(fields)
        missing = first.key if first else "base_url" if login.host and not base_url else None
        if missing is None:
            return Profile(name="environment", base_url=base_url, fields=fields)
        if secret := next((key for key in fields if key in login.secrets), None):
            asked, held = (f"RETURNS_{vendor}_{one}".upper() for one in (missing, secret))
            raise ConfigurationError(
                f"{held} is set, but {asked}, which belongs to the same login, is not: set it, too, or "
                f"unset {held}."
            )
        return None

    def _placed(self, vendor: str, profile: Profile) -> Profile:
        elsewhere = self.given(vendor, "base_url")
        return profile if elsewhere is None else Profile(profile.name, elsewhere, profile.fields)

    async def _sandbox(self, integration: Integration, *, alone: bool = True) -> Profile:
        import httpx

        from connector.addresses import network

        vendor = integration.vendor.id
        url = self._environment.get("RETURNS_SANDBOX_URL") or SANDBOX_URL
        token = self._environment.get("RETURNS_CONTROL_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            transport = self._transport or network(httpx.URL(url))
            async with httpx.AsyncClient(transport=transport, timeout=10, headers=headers) as client:
                response = await client.get(f"{url.rstrip('/')}/__sandbox/tenants/demo/credentials")
        except httpx.TimeoutException as problem:
            raise VendorUnavailable(
                f"The sandbox at {url} does not answer within 10 seconds; try again."
            ) from problem
        except (httpx.TransportError, httpx.InvalidURL) as problem:
            whose, which = (f" of {integration.vendor.title}", vendor) if alone else ("", "VENDOR")
            raise VendorUnavailable(
                f"No profile{whose} is set up and no sandbox answers at {url}. "
                f"Run `returns connect {which}`, or `returns serve` in another terminal."
            ) from problem
        return _described(integration, response, url)


def check_name(name: str) -> None:
    """Raise `ConfigurationError` for what cannot name a profile."""
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} cannot name a profile: use letters, digits, - and _.")


def _described(integration: Integration, response: httpx.Response, url: str) -> Profile:
    """Read the sandbox's answer about credentials."""
    if response.status_code == UNAUTHORIZED:
        raise AuthenticationError(
            f"The sandbox at {url} asks for its control token; put it into RETURNS_CONTROL_TOKEN."
        )
    try:
        vendors = response.json()["vendors"]
        if integration.vendor.id not in vendors:
            raise NotFound(f"The sandbox at {url} does not serve {integration.vendor.title}.")
        found = vendors[integration.vendor.id]
        return Profile(name=SANDBOX, base_url=str(found["base_url"]), fields=dict(found["fields"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise ConnectorError(
            f"What answers at {url} is no sandbox that gives credentials (status {response.status_code})."
        ) from problem
