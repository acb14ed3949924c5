"""Checks where webhooks may be sent, so that clients cannot use the sandbox to reach other hosts (SSRF).

Any client that can register a webhook can make the sandbox send requests. Webhooks may therefore be sent only
to the hosts listed in `--webhook-allow` and, if the sandbox listens on a loopback address, to this machine.

Checking only the host name would not protect against DNS rebinding: the name could resolve to an allowed
address during the check, and to an internal address when the connection is made. The transport therefore
resolves the name once, checks the addresses with `Targets.admit`, and connects to an address that passed the
check.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, Self

from mock_server.address import is_loopback

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
NAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?"
)


class RefusedError(Exception):
    """Raised if webhooks may not be sent to a target.

    The message is a complete sentence that can be shown to the user.
    """


@dataclass(frozen=True, slots=True)
class Targets:
    """The hosts that webhooks may be sent to: `names`, `networks` and, if `loopback` is set, this machine."""

    loopback: bool
    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, host: str, allow: Iterable[str]) -> Self:
        """Build the allowed targets for a sandbox that listens on `host`.

        `allow` contains host names, IP addresses and CIDR blocks. Raises `ValueError` if an entry is invalid.
        """
        names: set[str] = set()
        networks: list[Network] = []
        for entry in allow:
            try:
                networks.append(ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                if "/" in entry or not NAME.fullmatch(entry.lower()):
                    raise ValueError(
                        f"{entry!r} is neither a host nor a CIDR block; "
                        "use one such as hooks.example.com or 10.0.0.0/8"
                    ) from None
                names.add(entry.lower().rstrip("."))
        return cls(is_loopback(host), frozenset(names), tuple(networks))

    def names_host(self, host: str) -> bool:
        """Return True if `host` is one of the allowed host names (`names`)."""
        return host.lower().rstrip(".") in self.names

    def admit(self, host: str, address: Address) -> bool:
        """Return True if webhooks to `host` may be sent to `address`, one of the host's IP addresses.

        If a host is allowed only by name, its link-local, unspecified and multicast addresses are rejected,
        because cloud metadata services use such addresses (169.254.169.254).
        """
        address = getattr(address, "ipv4_mapped", None) or address
        if any(address in network for network in self.networks):
            return True
        if address.is_loopback:
            return self.loopback or host == "localhost" in self.names
        internal = address.is_link_local or address.is_unspecified or address.is_multicast
        return self.names_host(host) and not internal
