"""Profiles: named logins from the user's profiles file, the environment, or a running sandbox.

If the caller does not name a profile, the first of these that exists is used:

1. the login in the `RETURNS_<VENDOR>_<FIELD>` environment variables, if it is complete
2. the `default` profile in the file
3. the vendor's only profile in the file
4. the `sandbox` profile: the login for the `demo` tenant of the sandbox at `RETURNS_SANDBOX_URL`

`RETURNS_<VENDOR>_BASE_URL` overrides the base URL of every profile except `sandbox`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connector.definition.naming import listed
from connector.definition.spelling import did_you_mean, trimmed, unknown
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
NO_LOGIN = "no login is set up for it"
NAME = re.compile(r"^[A-Za-z0-9_-]+$")


@dataclass(frozen=True, slots=True)
class Profile:
    """A named login at one vendor.

    `fields` contains the values of the login fields. Many of them are secret, so `repr` omits them all.
    """

    name: str
    base_url: str | None
    fields: Mapping[str, str] = field(repr=False)

    def key(self, integration: Integration) -> str:
        """Build the key under which this profile's cursors are stored.

        The key consists of the profile's name, the base URL, and the login fields that are sent to the
        vendor but are not secret, such as the shop. Because it contains no secrets, it stays the same if
        the user replaces an API key, and polling continues from the same cursor.
        """
        public = sorted(integration.authentication.shop_fields)
        shop = [f"{name}={self.fields[name]}" for name in public if self.fields.get(name)]
        return " ".join([f"{self.name}@{self.base_url or 'production'}", *shop])

    def renewed(self, integration: Integration, refresh_token: str) -> Profile:
        """Return a copy of the profile with a new refresh token.

        The copy does not contain values that can be used only once, such as an authorization code. Returns
        the profile itself if the vendor has no login field for a refresh token.
        """
        tokens = integration.authentication.tokens
        key = tokens and tokens.refresh_field
        if not tokens or not tokens.refresh or not key:
            return self
        single_use = {name for grant in tokens.grants if grant.once for name in grant.fills.values()}
        spent = single_use - set(tokens.refresh.fills.values())
        fields = {name: value for name, value in self.fields.items() if name not in spent}
        return Profile(self.name, self.base_url, {**fields, key: refresh_token})


class Profiles:
    """The profiles that are defined in the TOML file at `path` or by the variables in `environment`.

    `report` is called with a message for each setting that is ignored or that overrides a profile.
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
        """Return the profile with the given name, or the default profile if `name` is None.

        Raises `ConfigurationError` if the profile is unknown or incomplete, and `VendorUnavailable` if it is
        the `sandbox` profile and no sandbox is running.
        """
        chosen = self._choose_without_sandbox(integration, name)
        self.report_unknown(integration, chosen)
        if chosen is None:
            return await self._sandbox(integration, named=name is not None)
        return chosen

    def _choose_without_sandbox(self, integration: Integration, name: str | None) -> Profile | None:
        """Return the profile to use, or None if it is the `sandbox` profile."""
        title, saved = integration.vendor.title, self.saved(integration.vendor.id)
        if name is not None:
            if name in saved:
                return self._with_base_url(integration, saved[name])
            if name == SANDBOX:
                return None
            from_environment = self._from_environment(integration)
            if from_environment and name == from_environment.name:
                return from_environment
            known = [*saved, *([from_environment.name] if from_environment else []), SANDBOX]
            raise ConfigurationError(unknown(f"profile of {title}", name, known))
        if (profile := self._from_environment(integration)) is not None:
            return profile
        if len(saved) > 1 and DEFAULT not in saved:
            raise ConfigurationError(f"{title} has the profiles {listed(saved)}; choose one with --profile.")
        chosen = saved.get(DEFAULT) or next(iter(saved.values()), None)
        return chosen and self._with_base_url(integration, chosen)

    async def choose_all(
        self, integrations: Sequence[Integration], name: str | None = None
    ) -> list[tuple[Integration, Profile]]:
        """Return all profiles of the given vendors, each paired with its vendor's integration.

        If `name` is given, only profiles with that name are returned. The `sandbox` profiles are returned
        if `name` is "sandbox", or if `name` is None and no other profile exists. A login that is both in
        the environment and in the file is returned only once.

        Raises `ConfigurationError` if no vendor has a profile with this name, and `VendorUnavailable` if
        the sandbox is needed but not running.
        """
        pairs = [(integration, profile) for integration in integrations for profile in self._all(integration)]
        if name is not None:
            known = sorted({profile.name for _, profile in pairs})
            pairs = [(integration, profile) for integration, profile in pairs if profile.name == name]
            if not pairs and name != SANDBOX:
                raise ConfigurationError(unknown("profile", name, [*known, SANDBOX]))
        ignored = (sentence for integration in integrations for sentence in self._ignored(integration))
        for sentence in dict.fromkeys(ignored):
            self._report(sentence)
        return pairs or await self._sandboxes(integrations)

    def _all(self, integration: Integration) -> list[Profile]:
        vendor = integration.vendor.id
        saved = [self._with_base_url(integration, profile) for profile in self.saved(vendor).values()]
        from_environment = self._from_environment(integration)
        if from_environment is None or any(_same(profile, from_environment) for profile in saved):
            if not saved and self.environment_value(vendor, "base_url"):
                self._report(f"{variable(vendor, 'base_url')} is not used: {NO_LOGIN}.")
            return saved
        return [from_environment, *saved]

    async def _sandboxes(self, integrations: Sequence[Integration]) -> list[tuple[Integration, Profile]]:
        pairs = []
        for integration in integrations:
            try:
                pairs.append((integration, await self._sandbox(integration, alone=len(integrations) == 1)))
            except NotFound:  # a sandbox may provide only some of the vendors
                continue
        return pairs

    def names(self, vendor: str) -> list[str]:
        """List the names of a vendor's profiles in the file, followed by the built-in `sandbox` profile."""
        return [*self.saved(vendor), SANDBOX]

    def saved(self, vendor: str) -> dict[str, Profile]:
        """Return the vendor's profiles that are saved in the file, keyed by name."""
        profiles = {}
        for name, values in self._file.section(vendor).items():
            fields = {key: trimmed(value) for key, value in values.items()}
            profiles[name] = Profile(name=name, base_url=fields.pop("base_url", None), fields=fields)
        return profiles

    def save(self, vendor: str, profile: Profile) -> None:
        """Save a profile in the file, which only its owner can read.

        Raises `ConfigurationError` if the name is invalid or the file cannot be changed.
        """
        check_name(profile.name)
        with self._file.changing():
            self._put(vendor, profile)

    def check(self) -> None:
        """Raise `ConfigurationError` if the file cannot be read or its folder cannot be written to."""
        with self._file.changing():
            self._file.read()

    def renew(self, integration: Integration, profile: Profile, refresh_token: str) -> None:
        """Save a new refresh token in the profiles file, because the old token may no longer be valid.

        The file is changed only if the profile stored there still has the same login and base URL.
        """
        vendor = integration.vendor.id
        renewed = profile.renewed(integration, refresh_token)
        if renewed is profile or profile.name not in self.saved(vendor):
            return
        with self._file.changing():
            saved = self.saved(vendor).get(profile.name)
            if saved and saved.renewed(integration, refresh_token) == renewed:
                self._put(vendor, renewed)

    def newest_refresh_token(self, integration: Integration, profile: Profile) -> str:
        """Read the profile's refresh token from the file; return "" if there is none.

        Another process that uses the same profile may have saved a newer token. Also returns "" if the
        profile in the file has a different login or base URL.
        """
        tokens = integration.authentication.tokens
        key = tokens.refresh_field if tokens else None
        saved = self.saved(integration.vendor.id).get(profile.name)
        if key is None or saved is None:
            return ""
        same = saved.renewed(integration, "") == profile.renewed(integration, "")
        return saved.fields.get(key, "") if same else ""

    def environment_value(self, vendor: str, field: str) -> str | None:
        """Return the value of a login field's environment variable, or None if the variable is not set.

        `field` is the key of a login field, or "base_url".
        """
        return self._variables.get(vendor, field)

    def report_unknown(self, integration: Integration, chosen: Profile | None = None) -> None:
        """Report the environment variables and file entries that have an unknown vendor or login field.

        The `chosen` profile is skipped, because its unknown fields are reported when it is used to connect.
        """
        vendor, login = integration.vendor.id, integration.authentication
        for sentence in self._ignored(integration):
            self._report(sentence)
        known = {"base_url", *(field.key for field in login.all_fields)}
        for profile in self.saved(vendor).values():
            for key in () if chosen and profile.name == chosen.name else profile.fields:
                if key not in known:
                    guess = did_you_mean(key, known) or "."
                    self._report(
                        f"{key} of [{vendor}.{profile.name}] in {self.path} is ignored: "
                        f"{integration.vendor.title} has no such login field{guess}"
                    )

    def _ignored(self, integration: Integration) -> list[str]:
        """Return a message for each ignored environment variable and each ignored section of the file."""
        from connector.definition.compiler import vendors

        known = vendors()
        sentences = list(self._variables.ignored(integration, known))
        for name in self._file.read():
            if name not in known and name != integration.vendor.id:
                guess = did_you_mean(name, known) or f"; there is {listed(known)}."
                sentences.append(
                    f"{name!r} in {self.path} is not read: there is no vendor of that name{guess}"
                )
        return sentences

    def _put(self, vendor: str, profile: Profile) -> None:
        address = {"base_url": profile.base_url} if profile.base_url else {}
        self._file.put(vendor, profile.name, {**address, **profile.fields})

    def _from_environment(self, integration: Integration) -> Profile | None:
        vendor = integration.vendor.id
        login = integration.authentication
        keys = [field.key for field in login.all_fields]
        fields = {key: value for key in keys if (value := self.environment_value(vendor, key))}
        base_url = self.environment_value(vendor, "base_url")
        field = login.missing(fields)
        missing = field.key if field else "base_url" if login.host and not base_url else None
        if missing is None:
            return Profile(name=ENVIRONMENT, base_url=base_url, fields=fields)
        if secret := next((key for key in fields if key in login.secrets), None):
            unset, is_set = variable(vendor, missing), variable(vendor, secret)
            raise ConfigurationError(
                f"{is_set} is set, but {unset} of the same login is not; set it, too, or unset {is_set}."
            )
        for key in fields:
            self._report(
                f"{variable(vendor, key)} is not used: the login also needs {variable(vendor, missing)}."
            )
        return None

    def _with_base_url(self, integration: Integration, profile: Profile) -> Profile:
        """Return the profile, with the base URL from `RETURNS_<VENDOR>_BASE_URL` if that variable is set."""
        base_url = self.environment_value(integration.vendor.id, "base_url")
        if base_url is None or _bare(base_url) == _bare(profile.base_url):
            return profile
        self._report(
            f"Profile {profile.name} of {integration.vendor.title} is used with the address in "
            f"{variable(integration.vendor.id, 'base_url')} instead of its own."
        )
        return Profile(profile.name, base_url, profile.fields)

    async def _sandbox(self, integration: Integration, *, alone: bool = True, named: bool = False) -> Profile:
        from connector.profiles import sandbox

        url = self._variables[SANDBOX_URL] or sandbox.DEFAULT_URL
        token = self._variables[CONTROL_TOKEN]
        base_url, fields = await sandbox.login(integration, url, token, self._transport, alone=alone)
        vendor = integration.vendor.id
        other_url = self.environment_value(vendor, "base_url")
        if other_url and not named and _bare(other_url) != _bare(base_url):
            raise ConfigurationError(
                f"{variable(vendor, 'base_url')} is not the address of the sandbox, and {NO_LOGIN}: run "
                f"`returns connect {vendor}`, or unset it."
            )
        return Profile(name=SANDBOX, base_url=base_url, fields=fields)


def check_name(name: str) -> None:
    """Raise `ConfigurationError` if `name` is reserved or not a valid name for a profile."""
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} is not a valid profile name: use letters, digits, - and _.")
    if name == ENVIRONMENT:
        raise ConfigurationError(
            f"{name!r} is the name of the login in the environment; choose another name."
        )


def _same(one: Profile, other: Profile) -> bool:
    """Check whether two profiles have the same login fields and base URL, even if their names differ."""
    return (_bare(one.base_url), one.fields) == (_bare(other.base_url), other.fields)


def _bare(address: str | None) -> str:
    return (address or "").rstrip("/")
