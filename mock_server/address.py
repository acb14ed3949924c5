"""Opens the listening socket before slow imports, so that startup fails at once if the port is in use."""

import os
import socket
from errno import EACCES, EADDRINUSE
from ipaddress import ip_address

_PORT_ERRORS = {EADDRINUSE, EACCES}
"""The `errno` values of a port that is in use, or that is below 1024 and needs privileges."""


class AddressError(Exception):
    """Raised if the sandbox cannot listen on an address.

    The message is a complete sentence that can be shown to the user. `is_wrong` is True if the host cannot be
    used, for example because it does not belong to this machine. It is False if only the port cannot be used,
    because another program uses it or because privileges are missing.
    """

    def __init__(self, message: str, *, is_wrong: bool) -> None:
        super().__init__(message)
        self.is_wrong = is_wrong


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on a host and port; raise `AddressError` if this fails.

    If the port is 0, the operating system chooses a free port. If the host is `::`, the socket accepts IPv4
    connections as well.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and _is_unspecified(host) and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as error:
        number = error.errno or 0  # negative if the host cannot be resolved: see `strerror`
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        option = "--port" if number in _PORT_ERRORS else "--host"
        raise AddressError(
            f"The sandbox cannot listen on {host} port {port} ({reason.lower()}); "
            f"choose another with {option}.",
            is_wrong=number not in _PORT_ERRORS,
        ) from error


def is_loopback(host: str) -> bool:
    """Return True if `host` is a loopback address or `localhost`, which only this machine can reach."""
    try:
        address = ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_unspecified(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
