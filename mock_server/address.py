"""Opens the listening socket, before any slow import, so that a port in use is reported at once."""

import os
import socket
from errno import EACCES, EADDRINUSE
from ipaddress import ip_address

_PORT_ERRORS = {EADDRINUSE, EACCES}
"""Errors that another port can avoid: the port is in use, or needs privileges because it is below 1024."""


class AddressError(Exception):
    """The sandbox cannot listen on this address; the message is a sentence."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; raises `AddressError`.

    Port 0 picks a free port. The host `::` accepts IPv4 connections as well.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        both = family == socket.AF_INET6 and _is_unspecified(host) and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as error:
        number = error.errno or 0  # negative if the host cannot be resolved; `strerror` has the reason then
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        option = "--port" if number in _PORT_ERRORS else "--host"
        raise AddressError(
            f"The sandbox cannot listen on {host} port {port} ({reason.lower()}); "
            f"choose another with {option}."
        ) from error


def is_loopback(host: str) -> bool:
    """Return True if only this machine can reach a host."""
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
