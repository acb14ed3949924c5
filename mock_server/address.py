"""Where to listen. Found out before anything heavy is loaded, so that a taken port is told at once."""

import os
import socket
from ipaddress import ip_address


class AddressError(Exception):
    """The address cannot be listened on; the message is a sentence."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address; raises `AddressError`. Port 0 takes a free one."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        number = error.errno or 0  # names that do not resolve have negative numbers, and say it themselves
        reason = os.strerror(number) if number > 0 else error.strerror or str(error)
        raise AddressError(
            f"{host} port {port} cannot be listened on ({reason.lower()}); choose another with --port."
        ) from error


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
