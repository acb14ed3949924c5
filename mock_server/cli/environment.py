"""Warns of environment variables that look like secrets of the sandbox, but that it does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_server.spelling import meant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_READ: Final = ("RETURNS_CONTROL_TOKEN", "RETURNS_SECRET", "RETURNS_WEBHOOK_SECRET")
_SECRETS: Final = ("TOKEN", "SECRET")


def ignored_secrets(names: Iterable[str], vendors: Collection[str]) -> Iterator[str]:
    """Yield a warning for each variable that looks like a secret of the sandbox but is not read.

    An example is `RETURNS_SANDBOX_TOKEN`. Variables that contain a vendor's name, such as
    `RETURNS_SWAP_TOKEN`, are skipped, because the connector reads them.
    """
    logins = tuple(f"RETURNS_{name.upper()}_" for name in vendors)
    for name in sorted(names):
        is_secret = name.startswith("RETURNS_") and name.endswith(_SECRETS)
        if is_secret and name not in _READ and not name.startswith(logins) and meant(name, _READ):
            yield f'The environment variable {name} has no effect. Did you mean "{meant(name, _READ)}"?'
