"""Validates a sandbox's URL and control token, and explains why a request to the sandbox failed."""

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


class UnusableError(ValueError):
    """Raised if a URL or a token cannot be used.

    The message is a complete sentence that can be shown to the user.
    """


def base_url(url: str, token: str) -> str:
    """Validate a sandbox's URL, and return it without surrounding spaces and trailing slashes.

    Raises `UnusableError` if the URL is not valid, if it contains credentials, a query or a fragment, or if
    `token` would be sent to another machine without encryption.
    """
    bare = url.strip().rstrip("/")
    parsed = _parsed(bare)
    if parsed is None or parsed.scheme not in {"http", "https"} or not _has_valid_host(parsed):
        raise UnusableError(
            f"{_without_secrets(bare)!r} is not a valid address; write it like http://127.0.0.1:4010."
        )
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise UnusableError(
            f"{_without_secrets(bare)!r} is not a valid address; leave out user names, passwords, ? and #."
        )
    if token and parsed.scheme == "http" and not is_loopback(parsed.host):
        raise UnusableError(
            f"The control token would be sent to {_without_secrets(bare)} unencrypted; use https://, or a "
            "tunnel to this machine."
        )
    return bare


def bearer_token(token: str) -> str:
    """Return a control token without surrounding spaces.

    Raises `UnusableError` if the token contains characters that a header cannot contain.
    """
    bare = token.strip()
    if not bare.isascii() or not bare.isprintable():
        raise UnusableError("The control token contains invalid characters; copy it again.")
    return bare


def cause(error: Exception, host: str) -> str:
    """Describe why a request failed, in a phrase such as `connection refused`.

    `error` is the exception that the request raised, and `host` is the host name in the sandbox's URL.
    """
    import httpx

    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "it does not answer in HTTP, or closes the connection early"
    reason = next((text for link in _chain(error) if (text := _reason(link, host))), "")
    return reason or str(error).rstrip(".") or type(error).__name__


def _reason(error: BaseException, host: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"the host name {host} cannot be resolved"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "no TLS connection can be made; it may speak http:// only"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _parsed(url: str) -> httpx.URL | None:
    import httpx

    try:
        parsed = httpx.URL(url)
        host = parsed.host  # raises `ValueError` for a name that IDNA does not allow
    except (httpx.InvalidURL, ValueError):
        return None
    return parsed if host else None


def _has_valid_host(url: httpx.URL) -> bool:
    """Return True if the host is valid, and the port is between 1 and 65535.

    The host is an IP address, or a name whose parts have at most 63 characters each, as DNS requires.
    """
    labels = url.raw_host.decode("ascii").removesuffix(".").split(".")
    is_name = ":" in url.host or all(
        0 < len(label) <= _LONGEST_LABEL and "%" not in label for label in labels
    )
    return is_name and 0 < (1 if url.port is None else url.port) <= _HIGHEST_PORT


def _without_secrets(url: str) -> str:
    """Return a URL without its user name, password and query."""
    scheme, mark, rest = url.rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2].split('?')[0]}"
