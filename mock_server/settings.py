"""The sandbox's settings, read from the command line and from environment variables."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mock_server.address import is_loopback
from mock_server.cors import read_origin
from mock_server.webhooks.targets import Targets

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses to listen on, not to call
_FIRST, _BEYOND = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Every vendor's date format can represent the times from `_FIRST` up to, but not including, `_BEYOND`."""
_MAX_SEED = 2**53 - 1


class Settings(BaseSettings):
    """The settings of one sandbox; the `RETURNS_<FIELD>` environment variable sets a field's default."""

    model_config = SettingsConfigDict(env_prefix="RETURNS_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=4010, ge=0, le=65_535)
    public_url: str = ""
    """The scheme, host and port that clients use; if empty, they are taken from `host` and `port`."""
    database: str = "sqlite://"
    """`sqlite:///relative.db`, `sqlite:////absolute.db`, or `sqlite://` to keep all data in memory."""
    vendor: str = ""
    """The only vendor to serve, at the root path; if empty, every vendor is served below `/{vendor}`."""
    rate_limits: bool = True
    seed: int = Field(default=1, ge=0, le=_MAX_SEED)
    seed_size: int = Field(default=150, ge=0, le=100_000)
    """The number of returns that a new tenant has for each vendor."""
    seed_file: Path | None = None
    """A YAML file that contains the shop of new tenants; if None, their returns are generated."""
    first_moment: AwareDatetime | None = None
    """The time at which the clock of `demo` starts; if None, the current time."""
    secret: SecretStr | None = None
    """The secret from which API keys are derived; if None, a secret is generated and kept in the database."""
    control_token: SecretStr | None = None
    """The bearer token that `/__sandbox` requires; if None, requests need no token."""
    demo_keys: bool | None = None
    """Whether the tenant `demo` has the well-known keys; if None, only if no other machine can reach the
    sandbox."""
    keep_alive: int = Field(default=75, ge=1, le=86_400)
    """Seconds before the server closes an idle connection; higher than the timeout of most clients."""
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts and CIDR blocks that webhooks may be sent to, besides this machine; separated by commas."""
    journal: int = Field(default=1_000, ge=0, le=100_000)
    """The number of requests per tenant that are kept in memory with their responses; older ones are
    dropped."""
    log: bool = False
    """Whether each request is printed to standard output, in one line."""
    cors: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose web pages may call the vendors' APIs, separated by commas; `*` stands for every origin.

    Pages from origins that are listed by name may call the control plane too.
    """
    max_body: int = Field(default=1_048_576, ge=1)
    """The size limit of request bodies in bytes."""

    @field_validator("first_moment", mode="wrap")
    @classmethod
    def _check_first_moment(cls, given: Any, parse: ValidatorFunctionWrapHandler) -> datetime | None:
        """Parse the first moment; raise `ValueError` unless it has an offset and is between 1990 and 2199.

        The control plane applies the same rules to the `first_moment` of a new tenant.
        """
        try:
            moment: datetime | None = parse(given)
        except ValidationError:
            raise ValueError("must be a date and time with an offset, such as 2026-03-02T09:00:00Z") from None
        if moment is not None and not _FIRST <= moment < _BEYOND:
            raise ValueError("must be between the years 1990 and 2199")
        return moment

    @field_validator("secret", "control_token")
    @classmethod
    def _empty_to_none(cls, given: SecretStr | None) -> SecretStr | None:
        """Replace an empty secret or token with None, because an empty one would protect nothing."""
        return given if given and given.get_secret_value().strip() else None

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        """Raise `ValueError` unless the URL is empty or an HTTP URL with a host and without credentials."""
        if not value:
            return value
        try:
            url = urlsplit(value)
            port = url.port
        except ValueError:
            url, port = urlsplit(""), None
        if url.scheme not in {"http", "https"} or not url.hostname or port == 0 or "@" in url.netloc:
            raise ValueError("must be http:// or https:// with a host, such as https://sandbox.example.com")
        return value

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _check_webhook_allow(cls, given: Any) -> Any:
        allow = tuple(given.replace(",", " ").split() if isinstance(given, str) else given)
        Targets.read("", allow)
        return allow

    @field_validator("cors", mode="before")
    @classmethod
    def _check_cors(cls, given: Any) -> Any:
        """Convert the origins to the form that browsers send; raise `ValueError` if one is invalid."""
        origins = given.replace(",", " ").split() if isinstance(given, str) else given
        return tuple(read_origin(origin) for origin in origins)

    @property
    def has_public_demo_keys(self) -> bool:
        """True if the tenant `demo` has the well-known keys."""
        if self.demo_keys is not None:
            return self.demo_keys
        public_host = urlsplit(self.public_url).hostname
        return is_loopback(self.host) and (not public_host or is_loopback(public_host))

    @property
    def targets(self) -> Targets:
        """The hosts that webhooks may be sent to."""
        return Targets.read(self.host, self.webhook_allow)

    @property
    def base_url(self) -> str:
        """The scheme, host and port that clients use, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = _EVERYWHERE.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def path_of(self, vendor: str, base_path: str) -> str:
        """Return the path of a vendor's API; it starts with `/{vendor}` unless only one vendor is served."""
        return base_path if self.vendor else f"/{vendor}{base_path}"
