"""Connections by name: a file of the user, the environment, and the built-in `sandbox`.

Which one is used when none is named: the environment (`RETURNS_<VENDOR>_<FIELD>`) if it has all required
fields, else the file's `default`, else its only one, else `sandbox`, which asks a running sandbox for the
credentials of its tenant `demo`. `RETURNS_<VENDOR>_BASE_URL` comes before the address that a profile has,
named or not; the built-in sandbox alone is where `RETURNS_SANDBOX_URL` says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connector.definition.naming import did_you_mean, listed, trimmed
from connector.errors import ConfigurationError, NotFound
from connector.profiles.file import ProfileFile
from connector.profiles.variables import CONTROL_TOKEN, SANDBOX_URL, Variables, variable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import httpx

    from connector.definition.model import Integration

SANDBOX = "sandbox"
ENVIRONMENT = "environment"
DEFAULT = "default"
NO_LOGIN = "there is no login for it"
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
    """The profiles of one user. `environment` is os.environ or a stand-in, `path` the TOML file.

    `report` is called with a sentence for each setting that is not understood or that changes a profile.
    """

    def __init__(
        self,
        path: Path,
        environment: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None = None,
        report: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.path = path
        self._file = ProfileFile(path)
        self._variables = Variables(environment)
        self._transport = transport
        self._report = report

    async def choose(self, integration: Integration, name: str | None = None) -> Profile:
        """Return the profile called `name`, or the one to use when none is named.

        Raises `ConfigurationError` for an unknown or incomplete one, and `VendorUnavailable` without a
        sandbox.
        """
        kept = self.kept(integration.vendor.id)
        chosen = self._named(integration, kept, name)
        self.report(integration, chosen)
        if chosen is None:
            return await self._sandbox(integration, named=name is not None)
        return chosen

    def _named(
        self, integration: Integration, kept: Mapping[str, Profile], name: str | None
    ) -> Profile | None:
        """Return the profile to use; None for the sandbox's."""
        title = integration.vendor.title
        if name is not None:
            if name in kept:
                return self._placed(integration, kept[name])
            if name == SANDBOX:
                return None
            given = self._from_environment(integration)
            if given and name == given.name:
                return given
            known = [*kept, *([given.name] if given else []), SANDBOX]
            guess = did_you_mean(name, known) or f"; there is {listed(known)}."
            raise ConfigurationError(f"{title} has no profile {name!r}{guess}")
        if (found := self._from_environment(integration)) is not None:
            return found
        if len(kept) > 1 and DEFAULT not in kept:
            raise ConfigurationError(f"{title} has the profiles {listed(kept)}; say which with --profile.")
        chosen = kept.get(DEFAULT) or next(iter(kept.values()), None)
        return chosen and self._placed(integration, chosen)

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
        for sentence in dict.fromkeys(one for each in integrations for one in self._not_understood(each)):
            self._report(sentence)
        return found or await self._sandboxes(integrations)

    def _set_up(self, integration: Integration) -> list[Profile]:
        kept = [self._placed(integration, one) for one in self.kept(integration.vendor.id).values()]
        given = self._from_environment(integration)
        if given is None or any(_same(one, given) for one in kept):
            if not kept and self.given(integration.vendor.id, "base_url"):
                self._report(f"{variable(integration.vendor.id, 'base_url')} is not used: {NO_LOGIN}.")
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
        profiles = {}
        for name, values in self._file.section(vendor).items():
            held = {key: trimmed(value) for key, value in values.items()}
            profiles[name] = Profile(name=name, base_url=held.pop("base_url", None), fields=held)
        return profiles

    def keep(self, vendor: str, profile: Profile) -> None:
        """Write a profile to the file, which only its owner can read."""
        check_name(profile.name)
        with self._file.changing():
            self._put(vendor, profile)

    def check(self) -> None:
        """Raise `ConfigurationError` where the file cannot be read, or its folder not be written to."""
        with self._file.changing():
            self._file.read()

    def renew(self, integration: Integration, profile: Profile, refresh_token: str) -> None:
        """Keep a new refresh token in a profile of the file, since the old one may be good no more."""
        vendor = integration.vendor.id
        made = profile.renewed(integration, refresh_token)
        if made is profile or profile.name not in self.kept(vendor):
            return
        with self._file.changing():
            held = self.kept(vendor).get(profile.name)
            if held and held.renewed(integration, refresh_token) == made:  # the same login at the same place
                self._put(vendor, made)

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
        """Return what the environment says for a login field, or for the base URL."""
        return self._variables.given(vendor, name)

    def report(self, integration: Integration, chosen: Profile | None = None) -> None:
        """Report settings of a vendor that are not understood; the login does it for the profile in use."""
        vendor, login = integration.vendor.id, integration.authentication
        for sentence in self._not_understood(integration):
            self._report(sentence)
        known = {"base_url", *(one.key for one in login.all_fields)}
        for profile in self.kept(vendor).values():
            for key in () if chosen and profile.name == chosen.name else profile.fields:
                if key not in known:
                    guess = did_you_mean(key, known) or "."
                    self._report(
                        f"{key} of [{vendor}.{profile.name}] in {self.path} is not understood: "
                        f"{integration.vendor.title} has no such login field{guess}"
                    )

    def _not_understood(self, integration: Integration) -> list[str]:
        """Return a sentence for each section of the file and each variable that belongs to no login."""
        from connector.definition.compiler import vendors

        known = vendors()
        found = list(self._variables.not_understood(integration, known))
        for name in self._file.read():
            if name not in known and name != integration.vendor.id:
                guess = did_you_mean(name, known) or f"; there is {listed(known)}."
                found.append(f"{name!r} in {self.path} is not read: there is no vendor of that name{guess}")
        return found

    def _put(self, vendor: str, profile: Profile) -> None:
        place = {"base_url": profile.base_url} if profile.base_url else {}
        self._file.put(vendor, profile.name, {**place, **profile.fields})

    def _from_environment(self, integration: Integration) -> Profile | None:
        vendor = integration.vendor.id
        login = integration.authentication
        fields = {one.key: value for one in login.all_fields if (value := self.given(vendor, one.key))}
        base_url = self.given(vendor, "base_url")
        first = login.missing(fields)
        missing = first.key if first else "base_url" if login.host and not base_url else None
        if missing is None:
            return Profile(name=ENVIRONMENT, base_url=base_url, fields=fields)
        if secret := next((key for key in fields if key in login.secrets), None):
            asked, held = variable(vendor, missing), variable(vendor, secret)
            raise ConfigurationError(
                f"{held} is set, but {asked}, which belongs to the same login, is not: set it, too, or "
                f"unset {held}."
            )
        for key in fields:
            self._report(
                f"{variable(vendor, key)} is not used: the login also needs {variable(vendor, missing)}."
            )
        return None

    def _placed(self, integration: Integration, profile: Profile) -> Profile:
        """Return a profile at the address that the environment names for its vendor, if it names one."""
        elsewhere = self.given(integration.vendor.id, "base_url")
        if elsewhere is None or _bare(elsewhere) == _bare(profile.base_url):
            return profile
        self._report(
            f"Profile {profile.name} of {integration.vendor.title} is used at the address of "
            f"{variable(integration.vendor.id, 'base_url')}, not at its own."
        )
        return Profile(profile.name, elsewhere, profile.fields)

    async def _sandbox(self, integration: Integration, *, alone: bool = True, named: bool = False) -> Profile:
        from connector.profiles import sandbox

        url = self._variables[SANDBOX_URL] or sandbox.DEFAULT_URL
        token = self._variables[CONTROL_TOKEN]
        place, fields = await sandbox.login(integration, url, token, self._transport, alone=alone)
        vendor = integration.vendor.id
        elsewhere = self.given(vendor, "base_url")
        if elsewhere and not named and _bare(elsewhere) != _bare(place):
            raise ConfigurationError(
                f"{variable(vendor, 'base_url')} names another address than the sandbox's, and {NO_LOGIN}: "
                f"run `returns connect {vendor}`, or unset it."
            )
        return Profile(name=SANDBOX, base_url=place, fields=fields)


def check_name(name: str) -> None:
    """Raise `ConfigurationError` for what cannot name a profile."""
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} cannot name a profile: use letters, digits, - and _.")
    if name == ENVIRONMENT:
        raise ConfigurationError(f"{name!r} names the login in the environment; choose another name.")


def _same(one: Profile, other: Profile) -> bool:
    """Say whether two profiles are the same login at the same place."""
    return (_bare(one.base_url), one.fields) == (_bare(other.base_url), other.fields)


def _bare(address: str | None) -> str:
    return (address or "").rstrip("/")
