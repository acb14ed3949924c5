"""Why a sandbox cannot be asked: its address is none, or nothing answers there."""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING

from mock_server.address import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_LONGEST_LABEL, _HIGHEST_PORT = 63, 65_535


class Unusable(ValueError):  # noqa: N818 - read as a sentence
    """An address or a token cannot be used; the message is a sentence."""


def place(url: str, token: str) -> str:
    """Return an address without blanks and without its last slash; raises `Unusable`."""
    bare = url.strip().rstrip("/")
    parsed = _parsed(bare)
    if parsed is None or parsed.scheme not in {"http", "https"} or not _is_host(parsed):
        raise Unusable(f"{_shown(bare)!r} is no address of a sandbox; write it like http://127.0.0.1:4010.")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise Unusable(
            f"{_shown(bare)!r} is no address of a sandbox; leave out user names, passwords, ? and #."
        )
    if token and parsed.scheme == "http" and not is_loopback(parsed.host):
        raise Unusable(
            f"The control token would go to {_shown(bare)} unencrypted; use https://, or a tunnel to here."
        )
    return bare


def bearer(token: str) -> str:
    """Return a control token without blanks; raises `Unusable` for what no header can hold."""
    bare = token.strip()
    if not bare.isascii() or not bare.isprintable():
        raise Unusable("The control token holds characters that no token has; copy it again.")
    return bare


def cause(problem: Exception, host: str) -> str:
    """Return the real cause of a request that failed, as the end of a sentence."""
    import httpx

    if isinstance(problem, httpx.RemoteProtocolError | httpx.DecodingError):
        return "it does not answer in HTTP, or breaks off"
    found = next((said for one in _chain(problem) if (said := _said(one, host))), "")
    return found or str(problem).rstrip(".") or type(problem).__name__


def _said(problem: BaseException, host: str) -> str:
    if isinstance(problem, socket.gaierror):
        return f"the host name {host} cannot be resolved"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its TLS certificate is not accepted: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return "no TLS connection can be made; it may speak http:// only"
    if isinstance(problem, OSError) and problem.errno:
        return os.strerror(problem.errno).lower()
    return ""


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def _parsed(url: str) -> httpx.URL | None:
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.host  # IDNA may refuse it, with a `ValueError`
    except (httpx.InvalidURL, ValueError):
        return None
    return parsed if host else None


def _is_host(url: httpx.URL) -> bool:
    """Say whether a host can be asked: DNS refuses long and empty labels, and sockets refuse high ports."""
    labels = url.raw_host.decode("ascii").removesuffix(".").split(".")
    named = ":" in url.host or all(0 < len(one) <= _LONGEST_LABEL and "%" not in one for one in labels)
    return named and 0 < (1 if url.port is None else url.port) <= _HIGHEST_PORT


def _shown(url: str) -> str:
    """Return an address without what may be a password in it."""
    scheme, mark, rest = url.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2].split('?')[0]}"
