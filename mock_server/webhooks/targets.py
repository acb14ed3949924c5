"""Where webhooks may be sent.

Whoever may register webhooks lets the sandbox send requests, so it sends to few places: to this machine,
while only this machine reaches the sandbox, and to what `--webhook-allow` names. A name is resolved first,
its addresses are checked, and the connection goes to an address that was checked: a name that resolves
otherwise a moment later changes nothing.
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
    """A target that webhooks may not be sent to; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The hosts that webhooks may be sent to: by name, or by address."""

    loopback: bool
    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, host: str, allow: Iterable[str]) -> Self:
        """Return the targets of a sandbox that listens on `host`; `allow` are hosts and CIDR blocks.

        Raises `ValueError` for any other word.
        """
        names: set[str] = set()
        networks: list[Network] = []
        for one in allow:
            try:
                networks.append(ip_network(one.strip("[]"), strict=False))
            except ValueError:
                if "/" in one or not NAME.fullmatch(one.lower()):
                    raise ValueError(
                        f"{one!r} is neither a host nor a CIDR block; write hooks.example.com or 10.0.0.0/8"
                    ) from None
                names.add(one.lower().rstrip("."))
        return cls(is_loopback(host), frozenset(names), tuple(networks))

    def names_host(self, host: str) -> bool:
        """Say whether a host is allowed by its name."""
        return host.lower().rstrip(".") in self.names

    def admit(self, host: str, address: Address) -> bool:
        """Say whether an address of a host may be connected to."""
        address = getattr(address, "ipv4_mapped", None) or address
        if any(address in network for network in self.networks):
            return True
        if address.is_loopback:
            return self.loopback or host == "localhost" in self.names
        inward = address.is_link_local or address.is_unspecified or address.is_multicast
        return self.names_host(host) and not inward
