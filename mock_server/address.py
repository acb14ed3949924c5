"""Where to listen. Found out before anything heavy is loaded, so that a taken port is told at once."""

import os
import socket
from errno import EACCES, EADDRINUSE
from ipaddress import ip_address

_OF_THE_PORT = {EADDRINUSE, EACCES}
"""Taken, or below 1024 and not for everybody; all else that goes wrong is the host's fault."""


class AddressError(Exception):
    """The address cannot be listened on; the message is a sentence."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address; raises `AddressError`. Port 0 takes a free one, `::` takes IPv4 as well."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and _is_everywhere(host) and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as error:
        number = error.errno or 0  # names that do not resolve have negative numbers, and say it themselves
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        option = "--port" if number in _OF_THE_PORT else "--host"
        raise AddressError(
            f"{host} port {port} cannot be listened on ({reason.lower()}); choose another with {option}."
        ) from error


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    try:
        read = ip_address(host)
        return (getattr(read, "ipv4_mapped", None) or read).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False
