"""The sandbox's settings: one frozen object, filled once by the command line."""

from datetime import UTC, datetime
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
from mock_server.webhooks.targets import Targets

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses to listen on, not to call
_FIRST, _BEYOND = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between them lie the years that every vendor can write."""
_MOST_SEED = 2**53 - 1


class Settings(BaseSettings):
    """How one sandbox runs. Each field can come from the environment as `RETURNS_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="RETURNS_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(default=4010, ge=0, le=65_535)
    public_url: str = ""
    """Scheme, host and port as clients see them; empty: made from `host` and `port`."""
    database: str = "sqlite://"
    """`sqlite:///relative.db`, `sqlite:////absolute.db`, or `sqlite://` for memory."""
    vendor: str = ""
    """Serve this vendor alone, at the root; empty: all vendors, each under its name."""
    rate_limits: bool = True
    seed: int = Field(default=1, ge=0, le=_MOST_SEED)
    seed_size: int = Field(default=150, ge=0, le=20_000)
    """Returns that a new tenant starts with, per vendor."""
    first_moment: AwareDatetime | None = None
    """Where the clock of `demo` starts; None: at the present time."""
    secret: SecretStr | None = None
    """What API keys are derived from; None: the one kept in the database, made at first start."""
    control_token: SecretStr | None = None
    """Asked for as a bearer token by `/__sandbox`; None: no token is asked for."""
    demo_keys: bool | None = None
    """Whether `demo` has keys that everybody knows; None: if only this machine can reach the sandbox."""
    keep_alive: int = Field(default=75, ge=1, le=86_400)
    """Seconds that a connection without a request stays open; longer than clients keep theirs."""
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts and CIDR blocks that webhooks may be sent to besides this machine; with commas in between."""
    max_body: int = Field(default=1_048_576, ge=1)
    """Bytes that a request body may have."""

    @field_validator("first_moment", mode="wrap")
    @classmethod
    def _is_a_moment(cls, given: Any, read: ValidatorFunctionWrapHandler) -> datetime | None:
        """Refuse what the control plane refuses as a tenant's first moment."""
        try:
            moment: datetime | None = read(given)
        except ValidationError:
            raise ValueError("must be a date and time with an offset, such as 2026-03-02T09:00:00Z") from None
        if moment is not None and not _FIRST <= moment < _BEYOND:
            raise ValueError("must lie between the years 1990 and 2199")
        return moment

    @field_validator("secret", "control_token")
    @classmethod
    def _is_not_empty(cls, given: SecretStr | None) -> SecretStr | None:
        """Take an empty variable for one that is not set: an empty secret hides nothing."""
        return given if given and given.get_secret_value().strip() else None

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        """Refuse what is no scheme, host and port."""
        if not value:
            return value
        try:
            read = urlsplit(value)
            port = read.port
        except ValueError:
            read, port = urlsplit(""), None
        if read.scheme not in {"http", "https"} or not read.hostname or port == 0 or "@" in read.netloc:
            raise ValueError("must be http:// or https:// with a host, such as https://sandbox.example.com")
        return value

    @field_validator("webhook_allow", mode="before")
    @classmethod
    def _check_targets(cls, given: Any) -> Any:
        allow = tuple(given.replace(",", " ").split() if isinstance(given, str) else given)
        Targets.read("", allow)
        return allow

    @property
    def has_public_demo_keys(self) -> bool:
        """Whether the keys of `demo` are the ones that everybody knows."""
        if self.demo_keys is not None:
            return self.demo_keys
        outside = urlsplit(self.public_url).hostname
        return is_loopback(self.host) and (not outside or is_loopback(outside))

    @property
    def targets(self) -> Targets:
        """Return where webhooks may be sent."""
        return Targets.read(self.host, self.webhook_allow)

    @property
    def base_url(self) -> str:
        """Return scheme, host and port as clients see them, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = _EVERYWHERE.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def path_of(self, vendor: str, base_path: str) -> str:
        """Return where a vendor's API lives: below its name, or at the root when it is the only one."""
        return base_path if self.vendor else f"/{vendor}{base_path}"
